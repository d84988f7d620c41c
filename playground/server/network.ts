/** The switch that cuts a visitor's network: open connections end without a word, new ones come to nothing. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

const cookie = 'visitor'

export class Network {
  readonly #cut = new Set<string>()
  readonly #sockets = new Map<string, Set<Socket>>()

  /** A header that names the visitor, for who has no name yet. */
  greet(request: IncomingMessage): Record<string, string> {
    return visitorOf(request) ? {} : { 'set-cookie': `${cookie}=${randomUUID()}; Path=/; HttpOnly; SameSite=Strict` }
  }

  /** Whether what asks gets through; if not, its connection has ended. */
  passes(request: IncomingMessage): boolean {
    const visitor = visitorOf(request)
    if (!visitor) return true
    if (this.#cut.has(visitor)) {
      request.socket.destroy()
      return false
    }
    this.#note(visitor, request.socket)
    return true
  }

  /** `GET` tells how it is; `PUT` of `cut` or `open` changes it, for this visitor only. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const visitor = visitorOf(request)
    if (request.method === 'PUT' && visitor) {
      let word = ''
      for await (const chunk of request) word = `${word}${chunk}`.slice(0, 10)
      if (word === 'open') this.#cut.delete(visitor)
      if (word === 'cut') {
        this.#cut.add(visitor)
        for (const socket of this.#sockets.get(visitor) ?? []) if (socket !== request.socket) socket.destroy()
      }
    }
    response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-store' })
    response.end(visitor && this.#cut.has(visitor) ? 'cut' : 'open')
  }

  #note(visitor: string, socket: Socket): void {
    const sockets = this.#sockets.get(visitor) ?? new Set()
    if (sockets.has(socket)) return
    this.#sockets.set(visitor, sockets.add(socket))
    socket.once('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0) this.#sockets.delete(visitor)
    })
  }
}

function visitorOf({ headers }: IncomingMessage): string | undefined {
  return /(?:^|;\s*)visitor=([\w-]{36})(?:;|$)/.exec(headers.cookie ?? '')?.[1]
}
