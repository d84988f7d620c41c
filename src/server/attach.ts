/** Attaches a hub to a server: requests under its path reach no other listener, all else is untouched. */
import { IncomingMessage, type Server, ServerResponse } from 'node:http'
import {
  type Http2SecureServer,
  type Http2Server,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Server as SecureServer } from 'node:https'
import { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { type GuardOptions, SessionGuard } from './http2-guard.js'
import { urlOf } from './target.js'

/** What a hub can be attached to. */
export type AttachableServer = Server | SecureServer | Http2Server | Http2SecureServer

export interface Handlers {
  handle(request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): void
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

type Emit = (event: string, ...values: unknown[]) => boolean

/** Who answers what is asked for at a URL; undefined: it is not ours. */
export type Find = (url: string) => Handlers | undefined

/** Answers what undoes it. */
export function attachTo(server: AttachableServer, find: Find, limits: Omit<GuardOptions, 'timed'>): () => void {
  const before: Emit = server.emit
  const emit: Emit = before.bind(server)
  const guard = new SessionGuard({ ...limits, timed: 'timeout' in server && Number(server.timeout) > 0 })
  const intercepting: Emit = (event, ...values) => {
    const [first, second, third] = values
    // The sessions of HTTP/2, and their streams; with `allowHTTP1` requests of HTTP/1.1 come too.
    if (event === 'session') return guard.admit(first as ServerHttp2Session) && emit(event, ...values)
    if (event === 'stream' && isStream(first)) {
      if (takeStream(first, values, find) || emit(event, ...values)) return true
      return refuse(first, 404)
    }
    if (!(first instanceof IncomingMessage)) return emit(event, ...values)
    const ours = find(urlOf(first))
    if (ours && (event === 'request' || event === 'checkContinue') && second instanceof ServerResponse) {
      if (event === 'checkContinue') second.writeContinue()
      ours.handle(first, second)
      return true
    }
    if (event !== 'upgrade' || !(second instanceof Socket)) return emit(event, ...values)
    // Without any other listener Node would have answered it as a plain request; and who offers HTTP/2 instead is not taken up on it [RFC 9110 §7.8].
    const plainly = ours ? offersOther(first) : server.listenerCount('upgrade') === 1
    if (plainly) answerPlainly(first, second, intercepting)
    else if (ours) ours.upgrade(first, second, Buffer.isBuffer(third) ? third : Buffer.alloc(0))
    else return emit(event, ...values)
    return true
  }
  server.emit = intercepting
  server.on('upgrade', presence)
  return () => {
    server.off('upgrade', presence)
    if (server.emit === intercepting) server.emit = before
  }
}

/** That there is a listener at all makes Node emit 'upgrade'. */
function presence(): void {}

function isStream(value: unknown): value is ServerHttp2Stream {
  return value instanceof Duplex && 'respond' in value
}

/** Whether a stream is ours: then it is answered here, before anybody else makes a request and a response of it, who would answer it too. */
function takeStream(stream: ServerHttp2Stream, [, headers, , rawHeaders]: readonly unknown[], find: Find): boolean {
  const fields = headers as IncomingHttpHeaders
  const ours = find(fields[':path'] ?? '')
  if (!ours) return false
  if (stream.destroyed || stream.session === undefined) return true
  const raw = rawHeaders as string[]
  if (bytesOf(raw) > headerBytes) return refuse(stream, 431)
  const request = new Http2ServerRequest(stream, fields, {}, raw)
  const response = new Http2ServerResponse(stream)
  if (fields.expect?.toLowerCase() === '100-continue') response.writeContinue()
  ours.handle(request, response)
  return true
}

/** A client is bound by the setting once it has acknowledged it, which it need not. */
const headerBytes = 32_768

function bytesOf(headers: readonly string[]): number {
  return headers.reduce((sum, text) => sum + text.length, 0)
}

/** Nobody else has a listener for streams: one that is not answered would stay open. */
function refuse(stream: ServerHttp2Stream, status: number): true {
  stream.on('error', () => undefined)
  stream.respond({ ':status': status }, { endStream: true })
  return true
}

/** `curl --http2` does. Not with a body: Node does not read that of an upgrade request. */
function offersOther({ headers }: IncomingMessage): boolean {
  const empty = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0
  return empty && headers.upgrade?.toLowerCase() !== 'websocket'
}

function answerPlainly(request: IncomingMessage, socket: Socket, emit: Emit): void {
  // Node has let go of the socket: nobody else hears that it broke, or reads on to its end.
  socket.on('error', () => socket.destroy())
  socket.on('end', () => socket.end())
  socket.resume()
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  try {
    response.assignSocket(socket)
  } catch {
    // An earlier request of this connection is still being answered, and Node reads no other after an upgrade: this one cannot be.
    socket.destroy()
    return
  }
  response.once('finish', () => {
    response.detachSocket(socket)
    socket.destroySoon()
  })
  emit('request', request, response)
}
