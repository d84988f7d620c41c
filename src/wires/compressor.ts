/** Compresses each slice once: all readers of a slice write the same Buffer, and so the same compressed bytes. */
import { constants, deflateRawSync } from 'node:zlib'
import type { Compression } from '../core/compression.js'
import type { Slice } from '../protocol/message.js'
import type { ChannelName } from '../protocol/name.js'
import { deflateFrames } from '../protocol/websocket-frame.js'
import { type Block, deflatedBlock, GzipStream, gzipHead } from './gzip.js'

/**
 * How far back a client's inflater looks, as the power of two that it negotiated: what it can read at most, or less.
 */
export type DeflateWindow = 12 | 15

/**
 * Larger slices leave as they are: to compress them would hold up the loop for too long. A slice has 64 KiB, or one
 * message.
 */
export const mostBytes = 131_072

/** Part of a body: a slice, or the bytes between slices. */
export interface BodyPart {
  readonly bytes: Buffer
  readonly slice?: Slice | undefined
}

export class Compressor {
  /** How often something was compressed. */
  count = 0
  /** Bytes that were compressed, and what became of them. */
  readonly bytes = { before: 0, after: 0 }
  readonly #of: (channel: ChannelName) => Compression | undefined
  readonly #blocks = new WeakMap<Buffer, Block | null>()
  readonly #frames = { 12: new WeakMap<Buffer, Buffer>(), 15: new WeakMap<Buffer, Buffer>() }

  /** `of`: how a channel's slices are compressed; undefined: not at all. */
  constructor(of: (channel: ChannelName) => Compression | undefined) {
    this.#of = of
  }

  /** How a channel's slices are compressed; undefined: not at all. */
  of(channel: ChannelName): Compression | undefined {
    return this.#of(channel)
  }

  /** The bytes of a slice as part of a gzip stream; null where compression does not pay. */
  block(bytes: Buffer, { channel }: Slice): Block | null {
    let block = this.#blocks.get(bytes)
    if (block === undefined) {
      const compressed = this.deflate(bytes, this.#of(channel), 15)
      block = compressed ? deflatedBlock(bytes, compressed) : null
      this.#blocks.set(bytes, block)
    }
    return block
  }

  /** A whole body as gzip; undefined where compression pays for none of its slices. */
  gzip(parts: readonly BodyPart[]): Buffer | undefined {
    const stream = new GzipStream()
    let some = false
    const pieces = parts.map(({ bytes, slice }) => {
      const block = slice ? this.block(bytes, slice) : null
      some ||= block !== null
      return block ? stream.shared(block) : stream.stored(bytes)
    })
    return some ? Buffer.concat([gzipHead, ...pieces, stream.end()]) : undefined
  }

  /** The WebSocket frames that spell a slice, those compressed for which it pays. */
  frames(bytes: Buffer, { channel }: Slice, window: DeflateWindow): Buffer {
    let frames = this.#frames[window].get(bytes)
    if (frames === undefined) {
      const compression = this.#of(channel)
      frames = compression ? deflateFrames(bytes, (payload) => this.deflate(payload, compression, window)) : bytes
      this.#frames[window].set(bytes, frames)
    }
    return frames
  }

  /**
   * Raw deflate that can be inflated by itself and ends on a byte, with an empty stored block; undefined where it does
   * not pay. At once, on the loop: 15 to 30 µs for 3 KB, 0.1 to 1 ms for 64 KiB of JSON, at most a few ms for what can
   * hardly be compressed.
   */
  private deflate(bytes: Buffer, compression: Compression | undefined, windowBits: DeflateWindow): Buffer | undefined {
    if (compression === undefined || bytes.length < compression.minBytes || bytes.length > mostBytes) return undefined
    this.count++
    const finishFlush = constants.Z_FULL_FLUSH
    const compressed = deflateRawSync(bytes, { level: compression.level, windowBits, finishFlush })
    if (!pays(compressed.length, bytes.length)) return undefined
    this.bytes.before += bytes.length
    this.bytes.after += compressed.length
    return compressed
  }
}

/** Whether so much smaller is worth what it costs a client to inflate it: an eighth. */
export function pays(compressed: number, plain: number): boolean {
  return compressed < plain - plain / 8
}
