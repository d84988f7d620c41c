/** The longest task of the main thread in the last ten seconds: what takes 50 ms and more is told by the browser. */
import { useEffect, useState } from 'preact/hooks'

const lookedBackMs = 10_000
/** A page has been built by then. */
const startMs = 2_000

/** Milliseconds; 0 if all were shorter than 50; undefined where the browser does not tell. */
export function useLongest(): number | undefined {
  const supported = PerformanceObserver.supportedEntryTypes?.includes('longtask')
  const [longest, setLongest] = useState(supported ? 0 : undefined)
  useEffect(() => {
    if (!supported) return
    let tasks: PerformanceEntry[] = []
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries()))
    // Building this page is a task too: counted is what comes after it.
    const begin = setTimeout(() => observer.observe({ type: 'longtask' }), startMs)
    const timer = setInterval(() => {
      tasks = tasks.filter(({ startTime }) => startTime > performance.now() - lookedBackMs)
      setLongest(Math.max(0, ...tasks.map(({ duration }) => duration)))
    }, 1000)
    return () => {
      clearTimeout(begin)
      observer.disconnect()
      clearInterval(timer)
    }
  }, [supported])
  return longest
}
