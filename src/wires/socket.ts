/** The wire of a WebSocket: frames go to the socket that 'upgrade' gave, or the stream of HTTP/2. */
import type { Duplex } from 'node:stream'
import type { Wire } from '../core/wire.js'
import type { AnywireError } from '../protocol/error.js'
import type { ServerSocket } from './server-socket.js'

/** The part of `net.Socket` and `tls.TLSSocket` that is used. */
export interface WireSocket extends Pick<Duplex, 'writableLength' | 'writableHighWaterMark' | 'writableNeedDrain'> {
  readonly bytesWritten?: number
  readonly bytesRead?: number
  write(bytes: Buffer): boolean
  once(event: 'drain', listener: () => void): unknown
  /** Ends it at once, where destroying it would not end what lies below. */
  reset?(): void
}

export class SocketWire implements Wire {
  drained: (() => void) | undefined
  closed: (() => void) | undefined
  readonly #webSocket: ServerSocket
  readonly #socket: WireSocket
  /** A 'drain' is awaited. */
  #waits = false

  /** Frames are written as they are. */
  constructor(webSocket: ServerSocket, socket: WireSocket) {
    this.#webSocket = webSocket
    this.#socket = socket
    webSocket.carry(this)
  }

  get room(): boolean {
    return this.#webSocket.state === 'open' && !this.#socket.writableNeedDrain
  }

  get sent(): number {
    return (this.#socket.bytesWritten ?? 0) - this.#socket.writableLength
  }

  get received(): number {
    return this.#socket.bytesRead ?? 0
  }

  get farewell(): boolean {
    return this.#webSocket.farewell
  }

  write(bytes: Buffer): boolean {
    if (this.#webSocket.state !== 'open') return false
    const socket = this.#socket
    socket.write(bytes)
    // What the kernel took at once is gone already: only what is left counts.
    if (socket.writableLength < socket.writableHighWaterMark) return true
    if (!this.#waits) socket.once('drain', () => this.#drain())
    this.#waits = true
    return false
  }

  close(reason?: AnywireError): void {
    this.#webSocket.close(reason?.meaning.close ?? 1000, reason?.message)
    // It may have been paused; the client's own close frame is to be read.
    this.#webSocket.resume()
  }

  ended(listener: () => void): void {
    this.#webSocket.ended(listener)
  }

  destroy(): void {
    this.#socket.reset?.()
    this.#webSocket.terminate()
  }

  #drain(): void {
    this.#waits = false
    this.drained?.()
  }

  /** The connection is gone: for the socket to say. */
  gone(): void {
    const { closed } = this
    this.closed = undefined
    closed?.()
  }
}
