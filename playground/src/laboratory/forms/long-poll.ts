/** Long polls: each answer says where to ask next, and the next one waits for what comes. */
import type { Load } from '../../channels.js'
import { ask, type Form, loop, mountOf } from './form.js'

const lane = 'long-poll'

export const longPoll: Form = {
  name: 'Long poll',
  lane,
  ask: 'GET ?live=long-poll&offset=…',
  resumes: true,
  many: false,
  open([channel = ''], positions, events) {
    return loop(async (signal) => {
      let next = positions.get(channel) ?? 'now'
      // The first request is answered at once.
      for (let live = ''; ; live = '&live=long-poll') {
        const response = await ask(`${mountOf(lane)}/${channel}?offset=${next}${live}`, { signal })
        next = response.headers.get('stream-next-offset') ?? next
        const text = response.status === 200 ? await response.text() : ''
        if (live === '') events.opened()
        if (response.status === 410) events.gap(channel, next)
        for (const load of JSON.parse(text || '[]') as Load[]) events.message(channel, load)
        events.moved(channel, next)
      }
    }, events)
  },
}
