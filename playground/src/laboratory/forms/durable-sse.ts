/** Durable Streams over an event stream: data, and control events that say the position. */
import type { Load } from '../../channels.js'
import { readEvents } from './events.js'
import { ask, type Form, loop, mountOf } from './form.js'

const lane = 'durable-sse'

export const durableSse: Form = {
  name: 'Durable SSE',
  lane,
  ask: 'GET ?live=sse&offset=…',
  resumes: true,
  many: false,
  open([channel = ''], positions, events) {
    return loop(async (signal) => {
      const offset = positions.get(channel) ?? 'now'
      const response = await ask(`${mountOf(lane)}/${channel}?live=sse&offset=${offset}`, { signal })
      if (response.status === 410) {
        return events.gap(channel, response.headers.get('stream-next-offset') ?? '-1')
      }
      events.opened()
      for await (const { event, data } of readEvents(response.body!)) {
        if (event === 'data') for (const load of JSON.parse(data) as Load[]) events.message(channel, load)
        if (event === 'control') events.moved(channel, JSON.parse(data).streamNextOffset)
      }
    }, events)
  },
}
