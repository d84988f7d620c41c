/** The wire of an event stream over HTTP/2: one stream among those of its session, which leave together. */
import type { ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import type { Wire } from '../core/wire.js'
import { EndingWire } from './ending.js'
import { abandon, endStream, outOf } from './http2.js'

/** The head must have been written. */
export class Http2StreamWire extends EndingWire implements Wire {
  readonly received = 0
  readonly #stream: ServerHttp2Stream
  readonly #out: ServerHttp2Stream
  readonly #stallMs: number
  #written = 0
  #full = false

  /** `stallMs`: how long a client may take nothing of what is left when the stream has ended. */
  constructor(response: ServerResponse, stream: ServerHttp2Stream, stallMs: number) {
    super(response)
    this.#stream = stream
    this.#stallMs = stallMs
    this.#out = outOf(response, stream)
  }

  get room(): boolean {
    return !this.over && !this.#full
  }

  get sent(): number {
    return this.#written - this.#stream.writableLength
  }

  /**
   * What the stream holds is what its windows, the session's and TCP's, have not let go; all streams of a session are
   * written at the end of the turn.
   */
  write(bytes: Buffer): boolean {
    if (this.over) return false
    this.#written += bytes.length
    const room = this.#out.write(bytes)
    if (!room && !this.#full) this.#out.once('drain', () => this.#drain())
    this.#full = !room
    return room
  }

  /** An event stream has no way to say why it ends; the next request is told. */
  close(): void {
    if (this.over) return
    endStream(this.#out, this.#stream, undefined, this.#stallMs)
    this.gone()
  }

  override destroy(): void {
    abandon(this.#stream)
    this.gone()
  }

  #drain(): void {
    this.#full = false
    this.drained?.()
  }
}
