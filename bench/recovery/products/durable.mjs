/** `@durable-streams/client` with its defaults, reading Anywire's durable form. */
import { stream } from '@durable-streams/client'

/** @type {import('../trial.mjs').Open} */
export const durableSse = (origin, hear, fail) => open(origin, hear, fail, 'sse')

/** @type {import('../trial.mjs').Open} */
export const durableLongPoll = (origin, hear, fail) => open(origin, hear, fail, 'long-poll')

/** @param {string} origin @param {(number: number) => void} hear @param {(error: unknown) => void} fail @param {'sse' | 'long-poll'} live */
function open(origin, hear, fail, live) {
  const stop = new AbortController()
  const url = `${origin}/channels/recovery`
  const report = (/** @type {unknown} */ error) => {
    if (!stop.signal.aborted) fail(error)
  }
  stream({ url, offset: 'now', live, signal: stop.signal }).then((response) => {
    response.closed.catch(report)
    response.subscribeJson((batch) => {
      for (const number of batch.items) hear(/** @type {number} */ (number))
    })
  }, report)
  return () => stop.abort()
}
