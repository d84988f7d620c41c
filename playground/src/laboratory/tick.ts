/** Draws a component again and again: for what is counted elsewhere, many times a second. */
import { useEffect, useState } from 'preact/hooks'

export function useTick(ms: number, before?: () => void): void {
  const [, setTurn] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => {
      before?.()
      setTurn((turn) => turn + 1)
    }, ms)
    return () => clearInterval(timer)
  }, [ms])
}
