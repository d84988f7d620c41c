/** Offsets: spelt, read and compared. */
import { describe, expect, it } from 'vitest'
import { AnywireError } from './error.js'
import { isOffset, microsOf, mintOffset, numberOf, parsePosition, whenOf, zeroOffset } from './offset.js'

const offset = mintOffset(1_763_671_234_567_890, 42)

describe('offset', () => {
  it('spells when and which', () => {
    expect(offset).toBe('1763671234567890_0000000000000042')
    expect([whenOf(offset), microsOf(offset), numberOf(offset)]).toEqual([
      '1763671234567890',
      1_763_671_234_567_890,
      42,
    ])
  })

  it.each([0, 9, 99_999_999, 100_000_000, 100_000_001, 1_796_059_900_000_000, 1_796_059_993_207_709, 2 ** 53 - 1])(
    'spells %i in sixteen digits, as time and as number',
    (number) => {
      const digits = String(number).padStart(16, '0')
      expect(mintOffset(number, number)).toBe(`${digits}_${digits}`)
    },
  )

  it('keeps its order as a string', () => {
    const inOrder = [mintOffset(9, 99), mintOffset(10, 1), mintOffset(10, 2), mintOffset(10, 10), mintOffset(100, 0)]
    expect(inOrder.toSorted()).toEqual(inOrder)
  })

  it('needs no escape in a URL', () => {
    expect(encodeURIComponent(offset)).toBe(offset)
  })

  it.each(['', '1_1', `${offset}0`, ` ${offset}`, `${offset}\n`, offset.replace('_', '-'), 'now'])(
    'is not %j',
    (text) => {
      expect(isOffset(text)).toBe(false)
    },
  )
})

describe('position', () => {
  it.each([
    ['-1', { kind: 'start' }],
    [zeroOffset, { kind: 'start' }],
    ['now', { kind: 'now' }],
    ['snapshot', { kind: 'snapshot' }],
    ['last-1', { kind: 'last', count: 1 }],
    ['last-999999999', { kind: 'last', count: 999_999_999 }],
    [offset, { kind: 'at', offset }],
  ])('is read from %s', (text, position) => {
    expect(parsePosition(text)).toEqual(position)
  })

  it.each([
    '',
    '0',
    '-2',
    'NOW',
    'last-0',
    'last-01',
    'last-1e3',
    'last-9999999999',
    `${offset},${offset}`,
    '../x',
    'a\0',
  ])('is not read from %j', (text) => expect(() => parsePosition(text)).toThrow(AnywireError))

  it('says what to send instead', () => {
    expect(() => parsePosition('x'.repeat(200))).toThrow(/^The offset "x{80}" is not one of ours: send an offset/)
  })
})
