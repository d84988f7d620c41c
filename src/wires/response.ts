/** The wire of an event stream: an HTTP response that stays open and ends by closing the connection or stream. */
import { ServerResponse } from 'node:http'
import type { Wire } from '../core/wire.js'
import { EndingWire, endWithin } from './ending.js'
import { streamOf } from './http2.js'
import { Http2StreamWire } from './http2-stream.js'

/**
 * The wire of a response whose head has been written. `stallMs`: how long a client may take nothing of what is left
 * when the stream has ended.
 */
export function responseWire(response: ServerResponse, stallMs: number): Wire {
  const stream = streamOf(response)
  return stream ? new Http2StreamWire(response, stream, stallMs) : new ResponseWire(response, stallMs)
}

/** The head must have been written. */
export class ResponseWire extends EndingWire implements Wire {
  /** The socket itself, where nobody (compression) stands between it and the response. */
  readonly #socket: ServerResponse['socket']
  readonly #stallMs: number
  #full = false

  /** `stallMs`: how long a client may take nothing of what is left when the stream has ended. */
  constructor(response: ServerResponse, stallMs: number) {
    super(response)
    this.#stallMs = stallMs
    this.#socket = isPlain(response) ? response.socket : null
  }

  get room(): boolean {
    return !this.over && !this.#full
  }

  get sent(): number {
    const { socket } = this.response
    return (socket?.bytesWritten ?? 0) - this.response.writableLength
  }

  get received(): number {
    return this.response.socket?.bytesRead ?? 0
  }

  write(bytes: Buffer): boolean {
    if (this.over) return false
    const room = this.hand(bytes)
    // Nobody listens for 'drain' unless it is awaited: most streams never fill.
    if (!room && !this.#full) (this.#socket ?? this.response).once('drain', () => this.drain())
    this.#full = !room
    return room
  }

  private drain(): void {
    this.#full = false
    this.drained?.()
  }

  private hand(bytes: Buffer): boolean {
    const socket = this.#socket
    if (socket === null) return this.response.write(bytes)
    socket.write(bytes)
    // What the kernel took at once is gone already: only what is left counts.
    return socket.writableLength < socket.writableHighWaterMark
  }

  /** An event stream has no way to say why it ends; the next request is told. */
  close(): void {
    if (this.over) return
    endWithin(this.response, undefined, this.#stallMs)
    this.gone()
  }
}

/**
 * Whether bytes may go past the response: its head has left as it is, unchunked, and nobody has wrapped its methods.
 */
function isPlain(response: ServerResponse): boolean {
  return (
    response instanceof ServerResponse &&
    response.write === ServerResponse.prototype.write &&
    response.end === ServerResponse.prototype.end &&
    response.headersSent &&
    !response.chunkedEncoding &&
    response.socket !== null
  )
}
