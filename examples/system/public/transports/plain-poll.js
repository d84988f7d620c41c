/** The poll of the tutorials: ask, wait, get what came, ask again. */
import { figuresUrl } from './urls.js'

/** @type {import('../lane.js').Transport} */
export const plainPoll = {
  name: 'Plain poll',
  form: `fetch('${figuresUrl}?live=poll') in a loop`,
  keepsPosition: false,
  open(_position, events) {
    const cut = new AbortController()
    loop(cut.signal, events).catch(() => events.ended())
    return () => cut.abort()
  },
}

/** @param {AbortSignal} signal @param {import('../lane.js').Events} events */
async function loop(signal, { opened, received }) {
  for (let first = true; ; first = false) {
    const response = await fetch(`${figuresUrl}?live=poll`, { signal })
    if (!response.ok) throw new Error(`The server answered ${response.status}.`)
    const text = response.status === 200 ? await response.text() : ''
    if (first) opened(connectMs(response.url))
    if (text !== '') received(JSON.parse(text), text.length)
  }
}

/** How long it took until the request was on its way: the answer itself waits for news. @param {string} url */
function connectMs(url) {
  const entry = performance.getEntriesByName(url, 'resource').at(-1)
  performance.clearResourceTimings()
  return entry instanceof PerformanceResourceTiming ? entry.requestStart - entry.startTime : undefined
}
