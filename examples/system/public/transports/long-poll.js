/** Durable Streams over long polls: each answer says where to ask next. */
import { figuresUrl } from './urls.js'

/** @type {import('../lane.js').Transport} */
export const longPoll = {
  name: 'Long poll',
  form: `fetch('${figuresUrl}?live=long-poll&offset=…') in a loop`,
  keepsPosition: true,
  open(position, events) {
    const cut = new AbortController()
    loop(position ?? 'now', cut.signal, events).catch(() => events.ended())
    return () => cut.abort()
  },
}

/** @param {string} position @param {AbortSignal} signal @param {import('../lane.js').Events} events */
async function loop(position, signal, { opened, received, moved, gap }) {
  let next = position
  let live = '' // the first request is answered at once
  while (true) {
    const response = await fetch(`${figuresUrl}?offset=${next}${live}`, { signal })
    next = response.headers.get('stream-next-offset') ?? next
    if (response.status === 410) gap()
    else if (!response.ok) throw new Error(`The server answered ${response.status}.`)
    const text = response.status === 200 ? await response.text() : ''
    if (live === '') opened()
    if (text !== '') received(JSON.parse(text), text.length, next)
    moved(next)
    const cursor = response.headers.get('stream-cursor')
    live = cursor === null ? '&live=long-poll' : `&live=long-poll&cursor=${cursor}`
  }
}
