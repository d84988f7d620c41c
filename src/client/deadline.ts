/** Time: what may take no longer, such as requests and what a platform may never answer, and pauses. */
import { AnywireError } from '../protocol/error.js'

export const late = () => new AnywireError('timeout', 'There was no answer in time.')

/**
 * @throws AnywireError `timeout` if `work` is not settled after `ms` milliseconds; what it does later has no effect
 * here.
 */
export function within<T>(ms: number, work: PromiseLike<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), ms)
    const settled = () => clearTimeout(timer)
    work.then(resolve, reject)
    work.then(settled, settled)
  })
}

export function pause(ms: number, until?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
    until?.addEventListener('abort', () => resolve())
  })
}

/** No server is waited for longer. */
const maxAskedMs = 3_600_000

/**
 * The pause that a server asks for, if that is one: zero, or what is no number, would be an attempt after the other.
 */
export const askedMs = (retryMs = 0, usualMs: number) => (retryMs > 0 ? Math.min(retryMs, maxAskedMs) : usualMs)
