/** The wire of an event stream: an HTTP response that stays open and ends by closing the connection or stream. */
import { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Wire } from '../core/wire.js'
import { EndingWire, endWithin, goesAsText, textOf } from './ending.js'
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

/** The head must have been written, and not have left: it leaves with the first bytes, or at the end of this step. */
export class ResponseWire extends EndingWire implements Wire {
  /** The socket itself, where nobody (compression) stands between it and the response. */
  readonly #socket: ServerResponse['socket']
  readonly #stallMs: number
  #full = false
  /** The head has been handed over. */
  #begun = false

  /** `stallMs`: how long a client may take nothing of what is left when the stream has ended. */
  constructor(response: ServerResponse, stallMs: number) {
    super(response)
    this.#stallMs = stallMs
    this.#socket = isPlain(response) ? response.socket : null
    if (this.#socket) this.#holdTogether(this.#socket)
    else this.#begin()
  }

  /** What comes in this step leaves in one write. */
  #holdTogether(socket: Socket): void {
    socket.cork()
    process.nextTick(() => {
      this.#begin()
      socket.uncork()
    })
  }

  /** The head leaves, if no bytes took it along. */
  #begin(): void {
    if (this.#begun) return
    this.#begun = true
    this.response.flushHeaders()
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
    if (!this.#begun && goesAsText(this.response, bytes)) {
      this.#begun = true
      this.response.write(textOf(bytes), 'latin1')
    } else {
      this.#begin()
      socket.write(bytes)
    }
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
