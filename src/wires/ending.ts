/** What the wires of HTTP answers share: they end once, whoever ends them. */
import { ServerResponse } from 'node:http'
import { abandon, destroyOnReset, endStream, outOf, streamOf } from './http2.js'
import { endUnread, isUnread } from './unread.js'

/**
 * Ends an answer with its body, if it has one, and destroys what it is written to if that is not taken for `stallMs`.
 */
export function endWithin(response: ServerResponse, body: Uint8Array | undefined, stallMs: number): void {
  const stream = streamOf(response)
  if (stream) return endStream(outOf(response, stream), stream, body, stallMs)
  if (isUnread(response.req)) return endUnread(response, body, stallMs)
  const { socket, req } = response
  if (socket && body && goesAsText(response, body)) {
    // In one write: Node's `end` adds an empty one to a body that it is given.
    socket.cork()
    response.write(textOf(body), 'latin1')
    socket.uncork()
    response.end()
  } else response.end(body)
  // `http` destroys a socket on which nothing has moved for so long. Nothing is set where everything has left already.
  // An answer that has no socket yet waits behind another one of the same connection.
  if (!socket || socket.writableLength > 0) req.socket.setTimeout(stallMs)
}

/** Longer bodies cost more to copy than a second piece of a write does. */
const mostText = 8_192

/**
 * Whether bytes may be handed over as text: Node writes a text in one piece with the head, and bytes as a second one.
 * Somebody (a compression middleware) who has wrapped the response gets bytes.
 */
export function goesAsText(response: ServerResponse, bytes: Uint8Array): boolean {
  const { write, end } = ServerResponse.prototype
  return bytes.length <= mostText && response.end === end && response.write === write
}

/** Each byte as the character of its number. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

export abstract class EndingWire {
  drained: (() => void) | undefined
  closed: (() => void) | undefined
  protected over = false
  protected readonly response: ServerResponse

  constructor(response: ServerResponse) {
    this.response = response
    // 'close' comes when the client is gone and when the answer has been sent. It may have come already.
    const over = () => this.gone()
    response.on('close', over)
    response.on('error', over)
    const stream = streamOf(response)
    if (stream) {
      destroyOnReset(stream)
      if (stream.closed || stream.destroyed) queueMicrotask(() => this.destroy())
      return
    }
    const { socket } = response.req
    if (response.closed || socket.destroyed) queueMicrotask(over)
    // One that waits behind another answer of its connection has no socket yet, and does not hear of its end.
    else if (!response.socket) {
      socket.once('close', over)
      response.once('close', () => socket.off('close', over))
    }
  }

  destroy(): void {
    const stream = streamOf(this.response)
    if (stream) abandon(stream)
    else this.response.destroy()
    this.gone()
  }

  ended(listener: () => void): void {
    if (this.response.closed || this.response.destroyed) listener()
    else this.response.once('close', listener)
  }

  protected gone(): void {
    if (this.over) return
    this.over = true
    this.tell()
  }

  protected tell(): void {
    const { closed } = this
    this.closed = undefined
    closed?.()
  }
}
