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
    if (ours) handlers.upgrade(request, second, Buffer.isBuffer(head) ? head : Buffer.alloc(0))
    // Without any other listener Node would have answered it as a plain request: so do we.
    else if (server.listenerCount('upgrade') === 1) answerPlainly(request, second, emit)
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

function answerPlainly(
  request: IncomingMessage,
  socket: Socket,
  emit: (event: string, ...values: unknown[]) => boolean,
): void {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  response.once('finish', () => {
    response.detachSocket(socket)
    socket.destroySoon()
  })
  emit('request', request, response)
}
