import { describe, expect, it } from 'vitest'
import { AcceptPace } from './accept-pace.js'

/** A pace with a clock of its own. */
function pace(perSecond: number | null) {
  let ms = 0
  const one = new AcceptPace(perSecond, () => ms)
  return {
    come: () => one.refusal()?.details.retryMs,
    later(by: number) {
      ms += by
    },
  }
}

describe('the pace of new connections', () => {
  it('lets a second of them in at once, and tells each of the others a place after the one before', () => {
    const { come } = pace(4)
    const told = Array.from({ length: 8 }, come)
    expect(told).toEqual([undefined, undefined, undefined, undefined, 250, 500, 750, 1_000])
  })

  it('lets those in who come when they were told to', () => {
    const { come, later } = pace(4)
    for (let n = 0; n < 7; n++) come()
    for (let n = 0; n < 3; n++) {
      later(250)
      expect(come()).toBeUndefined()
    }
    expect(come()).toBe(250)
  })

  it('tells nobody to wait for longer than 30 s', () => {
    const { come } = pace(1)
    for (let n = 0; n < 100; n++) come()
    expect(come()).toBe(30_000)
  })

  it('is none where there is no limit', () => {
    const { come } = pace(null)
    expect(Array.from({ length: 1_000 }, come).every((told) => told === undefined)).toBe(true)
  })
})
