/** Attaches a hub to an HTTP server: requests under its path reach no other listener, all else is untouched. */
import { IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Server as SecureServer } from 'node:https'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { isUnder, urlOf } from './target.js'

export interface Handlers {
  handle(request: IncomingMessage, response: ServerResponse): void
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

/** Answers what undoes it. */
export function attachTo(server: Server | SecureServer, path: string, handlers: Handlers): () => void {
  const before = server.emit
  const emit = before.bind(server)
  const intercepting = (event: string, ...values: unknown[]): boolean => {
    const [request, second, head] = values
    if (!(request instanceof IncomingMessage)) return emit(event, ...values)
    const ours = isUnder(urlOf(request), path)
    if (ours && (event === 'request' || event === 'checkContinue') && second instanceof ServerResponse) {
      if (event === 'checkContinue') second.writeContinue()
      handlers.handle(request, second)
      return true
    }
    if (event !== 'upgrade' || !(second instanceof Socket)) return emit(event, ...values)
    // Without any other listener Node would have answered it as a plain request; and who offers HTTP/2 instead is not taken up on it [RFC 9110 §7.8].
    const plainly = ours ? offersOther(request) : server.listenerCount('upgrade') === 1
    if (plainly) answerPlainly(request, second, intercepting)
    else if (ours) handlers.upgrade(request, second, Buffer.isBuffer(head) ? head : Buffer.alloc(0))
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

/** `curl --http2` does. Not with a body: Node does not read that of an upgrade request. */
function offersOther({ headers }: IncomingMessage): boolean {
  const empty = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0
  return empty && headers.upgrade?.toLowerCase() !== 'websocket'
}

function answerPlainly(
  request: IncomingMessage,
  socket: Socket,
  emit: (event: string, ...values: unknown[]) => boolean,
): void {
  // Node has let go of the socket: nobody else hears that it broke, or reads on to its end.
  socket.on('error', () => socket.destroy())
  socket.on('end', () => socket.end())
  socket.resume()
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  response.once('finish', () => {
    response.detachSocket(socket)
    socket.destroySoon()
  })
  emit('request', request, response)
}
