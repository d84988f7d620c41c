/** Tests of base64: what an encoder writes is read, and nothing else. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readBase64 } from './base64.js'

describe.each(['base64', 'base64url'] as const)('%s', (alphabet) => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = Buffer.from(bytes).toString(alphabet)
        expect(readBase64(text, alphabet)).toEqual(Buffer.from(bytes))
      }),
    )
  })

  it('is read from one text only: a letter more, less or another makes other bytes, or none', () => {
    const letters = 'AQgw+/-_= \n*é\0'
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 12 }),
        fc.nat(20),
        fc.nat(2),
        fc.constantFrom('', ...letters),
        (bytes, place, taken, put) => {
          const text = Buffer.from(bytes).toString(alphabet)
          const at = Math.min(place, text.length)
          const other = text.slice(0, at) + put + text.slice(at + taken)
          const read = readBase64(other, alphabet)
          expect(read?.toString(alphabet)).toBe(read && other)
          if (other !== text) expect(read).not.toEqual(Buffer.from(bytes))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('of five million letters is read', () => {
    expect(readBase64('A'.repeat(5_000_000), alphabet)).toHaveLength(3_750_000)
  })
})
