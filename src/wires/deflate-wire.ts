/** The wire of a WebSocket with permessage-deflate (RFC 7692): slices are compressed once for all such wires. */
import type { Wire } from '../core/wire.js'
import type { Slice } from '../protocol/message.js'
import { AroundWire } from './around.js'
import type { Compressor, DeflateWindow } from './compressor.js'

export class DeflateWire extends AroundWire {
  readonly #compressor: Compressor
  readonly #window: DeflateWindow

  /** `inner` must have negotiated the extension, without context takeover by the server. */
  constructor(inner: Wire, compressor: Compressor, window: DeflateWindow) {
    super(inner)
    this.#compressor = compressor
    this.#window = window
  }

  write(bytes: Buffer, slice?: Slice): boolean {
    return this.inner.write(slice ? this.#compressor.frames(bytes, slice, this.#window) : bytes, slice)
  }
}
