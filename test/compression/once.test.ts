/** A slice is compressed once, whoever reads it and however slowly. */
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Compressor } from '../../src/wires/compressor.js'
import { GzipWire } from '../../src/wires/gzip-wire.js'
import { MemoryWire } from '../support/core/memory-wire.js'
import { Room, turn } from '../support/core/room.js'

const every = { minBytes: 0, level: 3 }

/** Readers whose wires are gzip. */
async function compressedReaders(room: Room, compressor: Compressor, count: number, from = 'now') {
  const inners = Array.from({ length: count }, () => new MemoryWire())
  const readers = await room.readers(count, (i) => ({
    from,
    connection: { wire: new GzipWire(inners[i]!, compressor) },
  }))
  return { inners, readers }
}

const word = (n: number) => `${n}${'.'.repeat(100)}`
const textOf = (wire: MemoryWire) => gunzipSync(Buffer.concat(wire.writes), { finishFlush: 2 }).toString()

describe('a slice', () => {
  it('promise 4: is compressed once for 500 live readers', async () => {
    const room = new Room()
    const compressor = new Compressor(() => every)
    const { inners } = await compressedReaders(room, compressor, 500)
    const plain = await room.reader()
    for (let n = 1; n <= 10; n++) {
      await room.publish(word(n))
      await turn()
    }
    expect(compressor.count).toBe(10)
    for (const inner of inners) expect(textOf(inner)).toBe(plain.wire.text)
  })

  it('is compressed once for readers who catch up together', async () => {
    const room = new Room()
    const compressor = new Compressor(() => every)
    await room.publish(...Array.from({ length: 50 }, (_, n) => word(n)))
    const { inners } = await compressedReaders(room, compressor, 100, '-1')
    await turn()
    expect(new Set(inners.map(textOf)).size).toBe(1)
    expect(compressor.count).toBeLessThanOrEqual(2)
  })

  it('promise 1: reaches readers who stop and go on, in order, among others who do not', async () => {
    const room = new Room({ windowMessages: 50 })
    const compressor = new Compressor(() => every)
    const { inners } = await compressedReaders(room, compressor, 20)
    const total = 300
    for (let n = 1; n <= total; n++) {
      inners.forEach((inner, i) => {
        if (i > 0 && n % (i * 7) === 0) inner.pause()
        else if (i > 0 && n % (i * 5) === 0) inner.resume()
      })
      await room.publish(word(n))
      if (n % 3 === 0) await turn()
    }
    const all = Array.from({ length: total }, (_, i) => `${word(i + 1)} `).join('')
    for (const inner of inners) {
      inner.resume()
      await inner.until((wire) => textOf(wire).length >= all.length)
      expect(textOf(inner)).toBe(all)
    }
  })
})
