/** `anywire.v1` over POST, read from the body as it comes: any number of channels in one response. */
import { readEvents } from './events.js'
import { ask, type Form, loop, mountOf } from './form.js'

const lane = 'stream'

export const stream: Form = {
  name: 'Streaming fetch',
  lane,
  ask: 'POST, as an event stream',
  resumes: true,
  many: true,
  open(channels, positions, events) {
    const subscribe = channels.map((channel) => ({ channel, offset: positions.get(channel) ?? 'now' }))
    const headers = { accept: 'text/event-stream', 'content-type': 'application/json' }
    const request = { method: 'POST', headers, body: JSON.stringify({ subscribe }) }
    return loop(async (signal) => {
      const { body } = await ask(mountOf(lane), { ...request, signal })
      let awaited = channels.length
      for await (const { data } of readEvents(body!)) {
        const frame = data ? JSON.parse(data) : {}
        if (frame.type === 'subscribed') events.moved(frame.channel, frame.offset)
        if (frame.type === 'subscribed' && --awaited === 0) events.opened()
        if (frame.type === 'gap') events.gap(frame.channel, frame.to)
        for (const { offset, data } of frame.messages ?? []) events.message(frame.channel, data, offset)
      }
    }, events)
  },
}
