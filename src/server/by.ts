/** Waits for something, but not for ever. */
import { setImmediate } from 'node:timers/promises'

/** A timer holds 24.8 days at most. */
const longestMs = 2 ** 31 - 1
/** Turns of the event loop that are waited for in any case: what leaves by itself has left then. */
const fewTurns = 20

/**
 * Resolves when the promise is settled, at the latest at `deadline` (by `performance.now()`), but not before a few
 * turns of the event loop.
 */
export async function by(deadline: number, promise: Promise<unknown>): Promise<void> {
  let settled = false
  const done = () => {
    settled = true
  }
  promise.then(done, done)
  for (let turn = 0; turn < fewTurns && !settled; turn++) await setImmediate()
  const ms = Math.min(deadline - performance.now(), longestMs)
  if (settled || ms <= 0) return
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  try {
    await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
