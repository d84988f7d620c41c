/** Tests of gzip streams put together from parts, read by zlib. */
import { constants, deflateRawSync, gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deflatedBlock, GzipStream, gzipHead } from './gzip.js'

const block = (plain: Buffer) => deflatedBlock(plain, deflateRawSync(plain, { finishFlush: constants.Z_FULL_FLUSH }))

describe('GzipStream', () => {
  it('is what any reader of gzip takes, its sums included, whatever its parts', () => {
    const part = fc.record({
      bytes: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      shared: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const stream = new GzipStream()
        const pieces = parts.map(({ bytes, shared }) => (shared ? stream.shared(block(bytes)) : stream.stored(bytes)))
        const whole = gunzipSync(Buffer.concat([gzipHead, ...pieces, stream.end()]))
        expect(whole).toEqual(Buffer.concat(parts.map(({ bytes }) => bytes)))
      }),
    )
  })

  it.each([0, 1, 65_535, 65_536, 200_000])('holds %i bytes as they are', (length) => {
    const stream = new GzipStream()
    const plain = Buffer.alloc(length, 'abc')
    const stored = stream.stored(plain)
    expect(stored).toHaveLength(length + 5 * Math.ceil(length / 65_535))
    expect(gunzipSync(Buffer.concat([gzipHead, stored, stream.end()])).equals(plain)).toBe(true)
  })

  it('carries one block in many streams', () => {
    const shared = block(Buffer.from('the same for all '.repeat(50)))
    for (const own of ['a', 'bcd', '']) {
      const stream = new GzipStream()
      const pieces = [stream.stored(Buffer.from(own)), stream.shared(shared), stream.shared(shared), stream.end()]
      expect(gunzipSync(Buffer.concat([gzipHead, ...pieces])).length).toBe(own.length + 2 * shared.length)
    }
  })
})
