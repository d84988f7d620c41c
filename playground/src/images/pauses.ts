/** How long this page could do nothing else. */

/** Often enough to see a pause, and seldom enough to take nothing from a worker where there are few processors. */
const everyMs = 16

/** Watches until the answer is called, which gives milliseconds: the longest time between two turns of the event loop. */
export function watchPauses(): () => number {
  let before = performance.now()
  let longest = 0
  const { port1, port2 } = new MessageChannel()
  const look = () => {
    const now = performance.now()
    longest = Math.max(longest, now - before)
    before = now
  }
  const timer = setInterval(() => port2.postMessage(undefined), everyMs)
  port1.onmessage = look
  return () => {
    look()
    clearInterval(timer)
    port1.close()
    return longest
  }
}
