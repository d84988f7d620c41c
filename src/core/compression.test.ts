/** Tests of the option `compress`. */
import { describe, expect, it } from 'vitest'
import { compressionDefaults, hubCompression, isCompression, resolveCompression } from './compression.js'

describe('compress', () => {
  const above = { minBytes: 100, level: 9 }

  it.each([
    ['undefined is what stands above', undefined, above],
    ['true too', true, above],
    ['false is off', false, undefined],
    ['fields win', { level: 1 }, { minBytes: 100, level: 1 }],
    ['a field that is undefined does not', { level: undefined, minBytes: 0 }, { minBytes: 0, level: 9 }],
  ])('%s', (_fact, option, expected) => {
    expect(resolveCompression(option, above)).toEqual(expected)
  })

  it('is off unless asked for, and has defaults where it is', () => {
    expect([resolveCompression(undefined), resolveCompression(false)]).toEqual([undefined, undefined])
    expect([resolveCompression(true), resolveCompression({})]).toEqual([compressionDefaults, compressionDefaults])
  })

  it('takes only what it can be', () => {
    expect([true, false, {}, { minBytes: 0 }, { level: 9 }].every(isCompression)).toBe(true)
    const wrong = [null, 1, 'gzip', { minBytes: -1 }, { level: 0 }, { level: 10 }, { level: 1.5 }, { quality: 3 }]
    expect(wrong.some(isCompression)).toBe(false)
  })

  it('says what is wrong with that of a hub', () => {
    expect(() => hubCompression({ level: 12 })).toThrow('The option "compress" must be true, false or')
  })
})
