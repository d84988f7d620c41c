/** Tests of the token bucket. */
import { describe, expect, it } from 'vitest'
import { resolveLimits } from '../limits.js'
import { createRateLimit, PublishRate } from './rate-limit.js'

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
    expect([limit.take(bucket, 1e9), limit.take(bucket, 1e9)]).toEqual([0, 0])
  })

  it('counts what was paid before, and gives it back when the rest is refused', () => {
    const { limit, bucket } = limited(10)
    limit.take(bucket, 1)
    expect(limit.take(bucket, 10, 1)).toBe(0)
    expect(limit.take(bucket, 1)).toBe(100)
    const other = limit.bucket()
    limit.take(other, 4)
    limit.take(other, 1)
    expect([limit.take(other, 8, 1), limit.take(other, 6)]).toEqual([200, 0])
  })
})

describe('publish rate', () => {
  const at = (id: string, address = 'a') => ({ principal: { id }, address })

  function rate(publishesPerSecond: number | null, publishesPerSecondPerAddress: number | null) {
    return new PublishRate(resolveLimits({ publishesPerSecond, publishesPerSecondPerAddress }), () => 0)
  }

  it('keeps principals and addresses apart', () => {
    const limit = rate(1, null)
    for (const author of [at('a'), at('b'), at('a', 'b')]) expect(() => limit.charge(author, 1)).not.toThrow()
    expect(() => limit.charge(at('a'), 1)).toThrow('You publish more than 1 messages a second.')
  })

  it('bounds an address, however many ids it chooses', () => {
    const limit = rate(10, 15)
    limit.charge(at('a'), 10)
    expect(() => limit.charge(at('b'), 10)).toThrow('Your address publishes more than 15 messages a second.')
    // What the address was refused, the principal has not used up.
    expect(() => limit.charge(at('b'), 5)).not.toThrow()
    expect(() => limit.charge(at('b'), 5)).toThrow('Your address')
    expect(() => limit.charge(at('b', 'elsewhere'), 5)).not.toThrow()
  })

  it('remembers a bounded number', () => {
    const limit = rate(1, 1)
    for (let id = 0; id < 20_000; id++) limit.charge(at(`${id}`, `${id}`), 1)
    expect(limit.size).toBe(10_000)
  })

  it('is nothing where both limits are off', () => {
    const limit = rate(null, null)
    limit.charge(at('a'), 1e9)
    expect(limit.size).toBe(0)
  })
})
