/** Waits for something, but not for ever. */

/** A timer holds 24.8 days at most. */
const longestMs = 2 ** 31 - 1

/** Resolves when the promise does, at the latest at `deadline` (by `performance.now()`). */
export async function by(deadline: number, promise: Promise<unknown>): Promise<void> {
  const ms = Math.min(deadline - performance.now(), longestMs)
  if (ms <= 0) return
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
