/** Tests of limits. */
import { describe, expect, it } from 'vitest'
import { limitDefaults, resolveLimits } from './limits.js'

describe('limits', () => {
  it('fill in the defaults', () => {
    expect(resolveLimits()).toEqual(limitDefaults)
    expect(resolveLimits({ bodyBytes: 10, pollMs: undefined as never })).toEqual({ ...limitDefaults, bodyBytes: 10 })
  })

  it('are turned off by null where that is possible', () => {
    expect(resolveLimits({ connections: null }).connections).toBeNull()
    expect(() => resolveLimits({ bodyBytes: null as never })).toThrow(
      '"bodyBytes" is null: give a whole number from 1.',
    )
  })

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5'])('refuse %s', (value) => {
    expect(() => resolveLimits({ connections: value as never })).toThrow('whole number from 1, or null')
  })

  it('refuse a name that is none of them', () => {
    expect(() => resolveLimits({ bodyByte: 1 } as never)).toThrow('There is no limit "bodyByte"')
  })
})
