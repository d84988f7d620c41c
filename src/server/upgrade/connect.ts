/** WebSocket over HTTP/2: extended CONNECT, RFC 8441. */
import type { IncomingMessage } from 'node:http'
import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { AnywireError } from '../../protocol/error.js'
import { abandon, destroyOnReset, endStream } from '../../wires/http2.js'
import type { WireSocket } from '../../wires/socket.js'
import { protocolsOf } from '../door/credentials.js'
import { type ErrorAnswer, errorResponse } from '../http/headers.js'
import { type Acceptor, chosen, type Handshake, speaksVersion13, wrongVersion } from './sockets.js'

/** RFC 8441 §5: of the handshake only these have gone, whose work HTTP/2 does. `ws` wants to see them, and never shows what it makes of them. */
const gone = { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-key': Buffer.alloc(16).toString('base64') }

const noHead = Buffer.alloc(0)

export function connectHandshake(
  acceptor: Acceptor,
  request: IncomingMessage,
  stream: ServerHttp2Stream,
  stallMs: number,
): Handshake {
  const respond = (answer: ErrorAnswer) => respondWith(stream, answer, stallMs)
  return {
    open(window, accepted) {
      const asked = request.headers[':protocol']
      if (asked !== 'websocket') return respond(unsupported(asked))
      if (!speaksVersion13(request)) return respond(wrongVersion())
      const upgrade = { method: 'GET', headers: { ...request.headers, ...gone } } as unknown as IncomingMessage
      const restore = speakHttp1(stream, chosen(protocolsOf(request.headers)), respond)
      acceptor(upgrade, stream, noHead, window, (webSocket) => {
        restore()
        accepted({ webSocket, socket: new StreamSocket(stream), source: stream, window })
      })
      restore()
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

/** What `ws` says to a socket before there is a WebSocket is HTTP/1.1: said of a stream it is a status. Answers what makes the stream one again. */
function speakHttp1(
  stream: ServerHttp2Stream,
  protocol: string | undefined,
  respond: (answer: ErrorAnswer) => void,
): () => void {
  const { write, end } = stream
  const restore = () => Object.assign(stream, { write, end })
  const switched = (head?: unknown): boolean => {
    restore()
    const [, extensions] = /^Sec-WebSocket-Extensions: (.*)$/m.exec(String(head)) ?? []
    stream.respond({
      ':status': 200,
      ...(protocol !== undefined && { 'sec-websocket-protocol': protocol }),
      ...(extensions !== undefined && { 'sec-websocket-extensions': extensions.trim() }),
    })
    return true
  }
  const refused = (head?: unknown): ServerHttp2Stream => {
    restore()
    const [, sentence = ''] = String(head).split('\r\n\r\n')
    respond(errorResponse(new AnywireError('bad-request', `${sentence}.`)))
    return stream
  }
  Object.assign(stream, { write: switched, end: refused })
  return restore
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
  for (let i = 0; i < headers.length; i += 2) fields[headers[i]!.toLowerCase()] = headers[i + 1]!
  stream.respond(fields)
  endStream(stream, stream, body, stallMs)
}
