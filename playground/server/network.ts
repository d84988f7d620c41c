/** The switch that cuts a visitor's network: open connections end without a word, new ones come to nothing. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { tokenOf } from './visitor.js'

export class Network {
  readonly #cut = new Set<string>()
  readonly #sockets = new Map<string, Set<Socket>>()

  /** Whether what asks gets through; if not, its connection has ended. */
  passes(request: IncomingMessage): boolean {
    const visitor = tokenOf(request)
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
    const visitor = tokenOf(request)
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
