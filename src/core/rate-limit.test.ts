/** Tests of the token bucket. */
import { describe, expect, it } from 'vitest'
import { createRateLimit } from './rate-limit.js'

function limited(perSecond: number | null) {
  const clock = { time: 0 }
  const limit = createRateLimit(perSecond, () => clock.time)
  return { clock, limit, bucket: limit.bucket() }
}

describe('rate limit', () => {
  it('lets a second’s worth come at once, and says when the next fits', () => {
    const { limit, bucket } = limited(10)
    expect(limit.take(bucket, 10)).toBe(0)
    expect(limit.take(bucket, 1)).toBe(100)
  })

  it('fills up again with time, and never beyond full', () => {
    const { limit, bucket, clock } = limited(10)
    limit.take(bucket, 10)
    clock.time = 100
    expect(limit.take(bucket, 1)).toBe(0)
    clock.time = 1_000_000
    expect([limit.take(bucket, 10), limit.take(bucket, 1)]).toEqual([0, 100])
  })

  it('takes nothing when it refuses', () => {
    const { limit, bucket, clock } = limited(10)
    limit.take(bucket, 10)
    for (let again = 0; again < 100; again++) limit.take(bucket, 1)
    clock.time = 100
    expect(limit.take(bucket, 1)).toBe(0)
  })

  it('lets a batch larger than a second’s worth through a full bucket, to be paid for afterwards', () => {
    const { limit, bucket } = limited(10)
    expect(limit.take(bucket, 30)).toBe(0)
    expect(limit.take(bucket, 1)).toBe(2_100)
  })

  it('limits nothing when it is off', () => {
    const { limit, bucket } = limited(null)
    expect([limit.take(bucket, 1e9), limit.takeFor('a', 1e9), limit.keys]).toEqual([0, 0, 0])
  })

  it('keeps keys apart, and remembers a bounded number', () => {
    const { limit } = limited(1)
    expect([limit.takeFor('a', 1), limit.takeFor('b', 1), limit.takeFor('a', 1)]).toEqual([0, 0, 1_000])
    for (let key = 0; key < 20_000; key++) limit.takeFor(`key ${key}`, 1)
    expect(limit.keys).toBe(10_000)
  })
})
