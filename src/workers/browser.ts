/** Dedicated module workers of a browser, for a page or another worker. */
import type { Platform } from './platform.js'

export const browser: Platform = {
  cores: () => globalThis.navigator?.hardwareConcurrency ?? 1,
  base: () => globalThis.document?.baseURI ?? globalThis.location?.href,
  after(ms, call) {
    const timer = setTimeout(call, ms)
    return () => clearTimeout(timer)
  },
  start(died) {
    // Bundlers look for exactly this expression.
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'anywire-worker' })
    worker.addEventListener('error', (event) => {
      event.preventDefault()
      died(event.error ?? failure(event))
    })
    worker.addEventListener('messageerror', () => died(new Error('a message of the worker could not be read')))
    const watching = new AbortController()
    return {
      endpoint: worker,
      holds(lock) {
        const gone = () => died(new Error('the worker closed itself, or was out of memory'))
        navigator.locks.request(lock, { signal: watching.signal }, gone).catch(() => {})
      },
      busy: () => {},
      end() {
        watching.abort()
        worker.terminate()
      },
    }
  },
}

/** What the event of a failed worker tells. It tells nothing where the worker's file could not be loaded. */
function failure({ message, filename, lineno, colno }: ErrorEvent): Error {
  if (!message) return new Error('the file of the worker could not be loaded')
  const error = new Error(message)
  error.stack = `${message}\n    at ${filename}:${lineno}:${colno}`
  return error
}
