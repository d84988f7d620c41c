/** Progress, thinned out. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { reporter } from './progress.js'

describe('reporter', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  /** A reporter, and what it has sent. */
  function reporting() {
    const sent: unknown[] = []
    return { ...reporter((value) => sent.push(value)), sent }
  }

  it('sends the first value at once, and then the newest every 16 ms', () => {
    const { tell, sent } = reporting()
    for (const n of [1, 2, 3]) tell(n)
    expect(sent).toEqual([1])
    vi.advanceTimersByTime(16)
    expect(sent).toEqual([1, 3])
  })

  it('sends when it is due, though no timer could run', () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const { tell, sent } = reporting()
    for (const n of [1, 2]) tell(n)
    vi.advanceTimersByTime(16)
    tell(3)
    expect(sent).toEqual([1, 3])
  })

  it('sends what waits when it ends, and nothing after', () => {
    const { tell, end, sent } = reporting()
    for (const n of [1, 2]) tell(n)
    end()
    tell(3)
    vi.advanceTimersByTime(100)
    expect(sent).toEqual([1, 2])
  })
})
