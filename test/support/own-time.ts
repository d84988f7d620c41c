/** Time as this process has had it, for promises of time that are judged on a machine with much else to do. */
import { onTestFinished } from 'vitest'

const tickMs = 10

/**
 * Milliseconds since the call. Of a while in which others had the machine, or in which the loop was blocked, only one
 * tick counts; on an idle machine it is the clock's time, or a little less.
 */
export function ownTime(): () => number {
  let ticks = 0
  const timer = setInterval(() => ticks++, tickMs)
  onTestFinished(() => clearInterval(timer))
  return () => ticks * tickMs
}
