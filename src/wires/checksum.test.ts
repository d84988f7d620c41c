/** Tests of the sums that a gzip stream ends with. */
import { describe, expect, it } from 'vitest'
import { crc32, joinSums, shiftOf, slowCrc32 } from './checksum.js'

describe('crc32', () => {
  it('is that of the standard, on any Node', () => {
    const bytes = Buffer.from('123456789')
    expect([crc32(bytes), slowCrc32(bytes)]).toEqual([0xcbf43926, 0xcbf43926])
  })

  it('goes on from a sum', () => {
    expect(slowCrc32(Buffer.from('6789'), slowCrc32(Buffer.from('12345')))).toBe(0xcbf43926)
  })
})

describe('joinSums', () => {
  it.each([0, 1, 2, 3, 127, 128, 65_535, 65_536, 1_000_003])('joins a piece of %i bytes to another', (length) => {
    const first = Buffer.from('what came before')
    const second = Buffer.alloc(length, 'Grüße {"n":1} ')
    const whole = slowCrc32(Buffer.concat([first, second]))
    expect(joinSums(slowCrc32(first), slowCrc32(second), shiftOf(length))).toBe(whole)
  })

  it('joins a piece to nothing', () => {
    const piece = Buffer.from('123456789')
    expect(joinSums(0, slowCrc32(piece), shiftOf(piece.length))).toBe(0xcbf43926)
  })
})
