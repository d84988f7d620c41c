/** Tests of readers in this process. */
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createHub } from '../hub.js'

describe('hub.subscribe', () => {
  it('promise 3: gives a reader all the time it needs for a message, and then the rest', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const hub = createHub({ limits: { stallMs: 40, sliceBytes: 1 } })
    for (const value of [1, 2, 3]) await hub.publish('c', value)
    await hub.publish('c', 'end', { close: true })
    const got: unknown[] = []
    for await (const item of hub.subscribe('c', { from: 'start' })) {
      if (got.length === 0) await vi.advanceTimersByTimeAsync(200)
      got.push(item.kind === 'message' ? item.data : item)
    }
    expect(got).toEqual([1, 2, 3, 'end'])
    await hub.close({ graceMs: 0 })
  })
})
