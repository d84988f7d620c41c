/** Tests of what is compressed, and how often. */
import { randomBytes } from 'node:crypto'
import { gunzipSync, inflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { frame, opcodes, pingFrame } from '../protocol/websocket-frame.js'
import { message, readFrames, sliceOf } from '../testing/framing-vectors.js'
import { Compressor, mostBytes } from './compressor.js'

const slice = sliceOf('text', [message(1, 'a')])
const text = (length: number) => Buffer.alloc(length, '{"symbol":"ACME","price":1.25},')
const compressor = (minBytes = 512) => new Compressor(() => ({ minBytes, level: 3 }))
const tail = Buffer.from([0, 0, 0xff, 0xff])

describe('Compressor', () => {
  it('compresses a Buffer once, however many write it', () => {
    const one = compressor()
    const bytes = text(1_000)
    const blocks = Array.from({ length: 1_000 }, () => one.block(bytes, slice))
    expect([new Set(blocks).size, one.count]).toEqual([1, 1])
    const frames = frame(opcodes.text, bytes)
    expect(new Set(Array.from({ length: 1_000 }, () => one.frames(frames, slice, 15))).size).toBe(1)
    expect(one.count).toBe(2)
  })

  it('tries once only what turned out not to pay', () => {
    const one = compressor()
    const bytes = randomBytes(1_000)
    expect([one.block(bytes, slice), one.block(bytes, slice), one.count]).toEqual([null, null, 1])
  })

  it.each([
    ['smaller than `minBytes`', 511, null],
    ['as large', 512, expect.anything()],
    ['as large as may hold up the loop', mostBytes, expect.anything()],
    ['larger', mostBytes + 1, null],
  ])('what is %s', (_size, length, expected) => {
    expect(compressor().block(text(length), slice)).toEqual(expected)
  })

  it('leaves channels alone whose rule does not compress', () => {
    const one = new Compressor((channel) => (channel === 'open' ? { minBytes: 0, level: 3 } : undefined))
    const frames = frame(opcodes.text, text(1_000))
    expect(one.block(text(1_000), slice)).toBeNull()
    expect(one.frames(frames, slice, 15)).toBe(frames)
    expect(one.block(text(1_000), { ...slice, channel: 'open' })).not.toBeNull()
  })

  it('ends each block on a byte, so that it fits into any stream', () => {
    for (let length = 64; length < 20_000; length += 97) {
      const plain = text(length)
      const { bytes } = compressor(0).block(plain, slice)!
      expect(bytes.subarray(-4).equals(tail)).toBe(true)
      expect(inflateRawSync(bytes, { finishFlush: 2 }).equals(plain)).toBe(true)
    }
  })

  it.each([12, 15] as const)(
    'compresses frames with a window of %i bits, but those for which it does not pay',
    (bits) => {
      const parts = [
        frame(opcodes.text, text(40_000)),
        pingFrame,
        frame(opcodes.binary, text(100)),
        frame(opcodes.text, text(600)),
      ]
      const [large, ping, small, last] = readFrames(compressor().frames(Buffer.concat(parts), slice, bits))
      const inflated = (payload: Buffer) =>
        inflateRawSync(Buffer.concat([payload, tail]), { windowBits: bits, finishFlush: 2 }).length
      expect([large!.opcode, inflated(large!.payload)]).toEqual([opcodes.text | 0x40, 40_000])
      expect([ping!.opcode, small!.opcode, small!.payload.length]).toEqual([opcodes.ping, opcodes.binary, 100])
      expect([last!.opcode, inflated(last!.payload)]).toEqual([opcodes.text | 0x40, 600])
    },
  )

  it('makes a body of slices that others share and of what stands between them', () => {
    const one = compressor()
    const shared = text(2_000)
    const bodies = ['[', '{"type":"welcome"},'].map((head) => {
      const parts = [{ bytes: Buffer.from(head) }, { bytes: shared, slice }, { bytes: Buffer.from(']') }]
      return gunzipSync(one.gzip(parts)!).toString()
    })
    expect(bodies).toEqual([`[${shared}]`, `{"type":"welcome"},${shared}]`])
    expect(one.count).toBe(1)
  })

  it('makes no body where it pays for none of the slices', () => {
    expect(compressor().gzip([{ bytes: text(2_000) }, { bytes: text(100), slice }])).toBeUndefined()
  })
})
