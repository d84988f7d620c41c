/** Durable Streams over an event stream read with fetch: data events, and control events that say the position. */
import { readEvents } from './events.js'
import { figuresUrl } from './urls.js'

/** @type {import('../lane.js').Transport} */
export const durableSse = {
  name: 'Durable SSE',
  form: `fetch('${figuresUrl}?live=sse&offset=…')`,
  keepsPosition: true,
  open(position, events) {
    const cut = new AbortController()
    read(position ?? 'now', cut.signal, events).then(
      () => events.ended(true),
      () => events.ended(),
    )
    return () => cut.abort()
  },
}

/** @param {string} position @param {AbortSignal} signal @param {import('../lane.js').Events} events */
async function read(position, signal, { opened, received, overhead, moved, gap }) {
  const response = await fetch(`${figuresUrl}?live=sse&offset=${position}`, { signal })
  if (response.status === 410) {
    gap()
    moved(response.headers.get('stream-next-offset') ?? '-1')
    return
  }
  if (!response.ok || !response.body) throw new Error(`The server answered ${response.status}.`)
  opened()
  for await (const { event, data } of readEvents(response.body, overhead)) {
    if (event === 'data') received(JSON.parse(data), 0)
    if (event === 'control') moved(JSON.parse(data).streamNextOffset)
  }
}
