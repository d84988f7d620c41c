/** The parts of a gzip stream (RFC 1952): a head, compressed or stored blocks, and the end with its sums. */
import { crc32, joinSums, shiftOf } from './checksum.js'

/** A piece of a stream that may be inserted into any. */
export interface Block {
  readonly bytes: Buffer
  /** Of the piece as it was: its sum, what `joinSums` needs, and how long it is. */
  readonly sum: number
  readonly shift: number
  readonly length: number
}

/** Deflate, no name, no time, any system. */
export const gzipHead: Buffer = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])

/** Most bytes of a stored block (RFC 1951 §3.2.4). */
const mostStored = 65_535
const lastBlock = Buffer.from([1, 0, 0, 0xff, 0xff])

/** `compressed` must end on a byte, and need nothing of what came before. */
export function deflatedBlock(plain: Buffer, compressed: Buffer): Block {
  return { bytes: compressed, sum: crc32(plain), shift: shiftOf(plain.length), length: plain.length }
}

/** The sums of one stream so far, and what its parts look like. */
export class GzipStream {
  #sum = 0
  #length = 0

  /** Bytes that others share. */
  shared(block: Block): Buffer {
    this.#sum = joinSums(this.#sum, block.sum, block.shift)
    this.#length += block.length
    return block.bytes
  }

  /** Bytes as they are, in stored blocks. */
  stored(bytes: Buffer): Buffer {
    this.#sum = crc32(bytes, this.#sum)
    this.#length += bytes.length
    const blocks = Math.ceil(bytes.length / mostStored)
    const stored = Buffer.allocUnsafe(bytes.length + 5 * blocks)
    let at = 0
    for (let from = 0; from < bytes.length; from += mostStored) {
      const length = Math.min(mostStored, bytes.length - from)
      stored[at] = 0
      stored.writeUInt16LE(length, at + 1)
      stored.writeUInt16LE(length ^ 0xffff, at + 3)
      bytes.copy(stored, at + 5, from, from + length)
      at += length + 5
    }
    return stored
  }

  /** What ends the stream. */
  end(): Buffer {
    const sums = Buffer.allocUnsafe(8)
    sums.writeUInt32LE(this.#sum)
    sums.writeUInt32LE(this.#length % 2 ** 32, 4)
    return Buffer.concat([lastBlock, sums])
  }
}
