/** A wire whose bytes are one gzip stream: slices in blocks that all such wires share, the rest as it is. */
import type { Wire } from '../core/wire.js'
import type { AnywireError } from '../protocol/error.js'
import type { Slice } from '../protocol/message.js'
import { AroundWire } from './around.js'
import type { Compressor } from './compressor.js'
import { GzipStream, gzipHead } from './gzip.js'

export class GzipWire extends AroundWire {
  readonly #compressor: Compressor
  readonly #stream = new GzipStream()
  #ended = false

  /** `inner` carries the body of an answer with `Content-Encoding: gzip`, from its beginning. */
  constructor(inner: Wire, compressor: Compressor) {
    super(inner)
    this.#compressor = compressor
    inner.write(gzipHead)
  }

  write(bytes: Buffer, slice?: Slice): boolean {
    if (this.#ended) return false
    const block = slice ? this.#compressor.block(bytes, slice) : null
    return this.inner.write(block ? this.#stream.shared(block) : this.#stream.stored(bytes), slice)
  }

  /** Ends the stream as gzip must be ended, so that nobody takes it for cut off. */
  override close(reason?: AnywireError): void {
    if (!this.#ended) this.inner.write(this.#stream.end())
    this.#ended = true
    super.close(reason)
  }
}
