/** Which replicas are kept. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { deferred } from '../../../test/support/core/deferred.js'
import { Wheel } from '../../core/wheel.js'
import type { Replica } from './replica.js'
import { ReplicaCache } from './replica-cache.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function cacheOf(maxBytes = 100) {
  const closed: string[] = []
  const made: string[] = []
  const cache = new ReplicaCache({
    wheel: new Wheel(),
    maxBytes,
    make: (channel) => {
      made.push(channel)
      return { bytes: 0, close: () => closed.push(channel) } as unknown as Replica
    },
  })
  /** Works until `until`, after which the replica holds so many bytes. */
  const use = (channel: string, bytes: number, until: Promise<unknown> = Promise.resolve()) =>
    cache.use(channel, async (replica) => {
      await until
      Object.assign(replica, { bytes })
    })
  return { cache, closed, made, use }
}

describe('a replica', () => {
  it('is kept for 30 s after it was used, and made once until then', async () => {
    const { closed, made, use } = cacheOf()
    for (let n = 0; n < 3; n++) {
      await use('a', 10)
      await vi.advanceTimersByTimeAsync(29_000)
    }
    expect([made, closed]).toEqual([['a'], []])
    await vi.advanceTimersByTimeAsync(2_000)
    expect(closed).toEqual(['a'])
  })

  it('goes before others when there is no room and nobody has used it for longer', async () => {
    const { closed, use } = cacheOf(100)
    await use('a', 40)
    await use('b', 40)
    await use('a', 40)
    await use('c', 40)
    expect(closed).toEqual(['b'])
  })

  it('stays while it is used, however long that takes and however large it is', async () => {
    const { closed, use, cache } = cacheOf(100)
    const end = deferred<void>()
    await use('a', 90)
    const using = use('a', 200, end.promise)
    await use('b', 90)
    expect(closed).toEqual(['b'])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(closed).toEqual(['b'])
    end.resolve()
    await using
    expect(closed).toEqual(['b', 'a'])
    expect(cache.size).toBe(0)
  })

  it('is one of a thousand at most', async () => {
    const { cache, closed, use } = cacheOf()
    for (let n = 0; n < 1_005; n++) await use(`${n}`, 0)
    expect(cache.size).toBe(1_000)
    expect(closed).toEqual(['0', '1', '2', '3', '4'])
  })

  it('is let go of after work that failed', async () => {
    const { cache, closed } = cacheOf()
    await expect(cache.use('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await vi.advanceTimersByTimeAsync(31_000)
    expect(closed).toEqual(['a'])
  })
})
