/** Pauses that a server asks for, sensible or not. */
import { describe, expect, it } from 'vitest'
import { isErrorCode } from '../protocol/error.js'
import { askedMs } from './deadline.js'

describe('the pause that a server asks for', () => {
  it.each([
    [1_500, 1_500],
    [1e308, 3_600_000],
    [Number.POSITIVE_INFINITY, 3_600_000],
    [0, 200],
    [-5, 200],
    [Number.NaN, 200],
    [undefined, 200],
    [null, 200],
    ['soon', 200],
    [{}, 200],
  ])('of %s is one of %s ms, where the usual one has 200', (retryMs, ms) => {
    expect(askedMs(retryMs as number | undefined, 200)).toBe(ms)
  })
})

describe('the code of an error', () => {
  it.each(['constructor', 'toString', '__proto__', '', 7, null, undefined, {}])('is not %s', (code) => {
    expect(isErrorCode(code)).toBe(false)
  })

  it('is one of the table', () => {
    expect(isErrorCode('gone')).toBe(true)
  })
})
