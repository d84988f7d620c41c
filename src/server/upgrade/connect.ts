/** WebSocket over HTTP/2: extended CONNECT, RFC 8441. */
import type { IncomingMessage } from 'node:http'
import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { AnywireError } from '../../protocol/error.js'
import { abandon, destroyOnReset, endStream } from '../../wires/http2.js'
import { ServerSocket } from '../../wires/server-socket.js'
import type { WireSocket } from '../../wires/socket.js'
import { type ErrorAnswer, errorResponse } from '../http/headers.js'
import { chosen, extensionsOf, type Handshake, type MessageLimits, readerLimits, refusalOf } from './handshake.js'

export function connectHandshake(
  limits: MessageLimits,
  request: IncomingMessage,
  stream: ServerHttp2Stream,
  stallMs: number,
): Handshake {
  const respond = (answer: ErrorAnswer) => respondWith(stream, answer, stallMs)
  return {
    open(window, accepted) {
      const asked = request.headers[':protocol']
      if (asked !== 'websocket') return respond(unsupported(asked))
      const refusal = refusalOf(request)
      if (refusal) return respond(refusal)
      if (stream.destroyed || stream.closed || stream.headersSent) return
      const protocol = chosen(request)
      stream.respond({
        ':status': 200,
        ...(protocol !== undefined && { 'sec-websocket-protocol': protocol }),
        ...(window !== undefined && { 'sec-websocket-extensions': extensionsOf(window) }),
      })
      const webSocket = new ServerSocket(stream, readerLimits(limits, window))
      accepted({ webSocket, socket: new StreamSocket(stream), source: stream, window })
    },
    refuse: (error) => respond(errorResponse(error)),
  }
}

/** The stream as the socket of a WebSocket: it counts what `net.Socket` counts. */
class StreamSocket implements WireSocket {
  bytesRead = 0
  bytesWritten = 0
  readonly #stream: ServerHttp2Stream

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream
    destroyOnReset(stream)
    stream.on('data', (chunk: Buffer) => {
      this.bytesRead += chunk.length
    })
  }

  get writableLength(): number {
    return this.#stream.writableLength
  }

  get writableHighWaterMark(): number {
    return this.#stream.writableHighWaterMark
  }

  get writableNeedDrain(): boolean {
    return this.#stream.writableNeedDrain
  }

  write(bytes: Buffer): boolean {
    this.bytesWritten += bytes.length
    return this.#stream.write(bytes)
  }

  once(event: 'drain', listener: () => void): void {
    this.#stream.once(event, listener)
  }

  reset(): void {
    abandon(this.#stream)
  }
}

function unsupported(protocol: unknown): ErrorAnswer {
  const said = typeof protocol === 'string' ? JSON.stringify(protocol.slice(0, 40)) : 'a tunnel'
  const error = new AnywireError('bad-request', `CONNECT opens WebSockets here ("websocket", RFC 8441), not ${said}.`)
  // RFC 9220 §3: the status for a protocol that is not supported.
  return { ...errorResponse(error), status: 501 }
}

function respondWith(stream: ServerHttp2Stream, { status, headers, body }: ErrorAnswer, stallMs: number): void {
  if (stream.destroyed || stream.closed || stream.headersSent) return
  const fields: OutgoingHttpHeaders = { ':status': status }
  for (let i = 0; i < headers.length; i += 2) fields[String(headers[i]).toLowerCase()] = headers[i + 1]
  stream.respond(fields)
  endStream(stream, stream, body, stallMs)
}
