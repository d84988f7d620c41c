/** Answers given before the request's body has arrived: the rest of the body is read and dropped. RFC 9112 §9.6. */
import { type IncomingMessage, ServerResponse } from 'node:http'

/** What a client may go on sending of a body that is answered already; then its connection is ended. */
export const unreadBytes = 16 * 1_048_576
/** Longest silence within it. */
export const unreadIdleMs = 5_000

/** Whether something of the request's body has not been read. */
export function isUnread({ headers, readableEnded, destroyed }: IncomingMessage): boolean {
  if (readableEnded || destroyed) return false
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/**
 * Ends an answer of HTTP/1.1 whose head has been written. A socket that is closed while a client still sends is reset,
 * and the reset takes away what the client has not read yet. So the answer is written, but not ended before the body
 * is; after `withinMs`, a long silence or too many bytes the connection is ended.
 */
export function endUnread(response: ServerResponse, body: Uint8Array | undefined, withinMs: number): void {
  const { req: request } = response
  // Somebody (a compression middleware) has wrapped the response, and may hold all of it back until its end.
  const wrapped = response.write !== ServerResponse.prototype.write
  if (!wrapped && body) response.write(body)
  else if (!wrapped) response.flushHeaders()
  dropRest(request, withinMs, () => response.end(wrapped ? body : undefined))
}

/** Reads and drops what is still to come, so far as that is reasonable, and then calls `done`. */
function dropRest(request: IncomingMessage, withinMs: number, done: () => void): void {
  let dropped = 0
  const over = () => {
    clearTimeout(late)
    clearTimeout(silent)
    request.off('data', drop).off('end', over).off('close', over)
    done()
  }
  const cut = () => {
    over()
    request.destroy()
  }
  const drop = (chunk: Buffer) => {
    silent.refresh()
    dropped += chunk.length
    if (dropped > unreadBytes) cut()
  }
  const late = setTimeout(cut, withinMs).unref()
  const silent = setTimeout(cut, Math.min(withinMs, unreadIdleMs)).unref()
  request.once('error', () => undefined)
  request.on('data', drop).on('end', over).on('close', over).resume()
}
