/** The switch that cuts a visitor's network: open connections end without a word, new ones come to nothing. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { tokenOf } from './visitor.js'

/** Visitors whose network is cut at the same time; one more opens that of the first. */
const mostCut = 1_000

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
      const word = await wordOf(request)
      if (word === 'open') this.#cut.delete(visitor)
      if (word === 'cut') {
        this.#cut.add(visitor)
        if (this.#cut.size > mostCut) this.#cut.delete([...this.#cut][0]!)
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

/** The first characters of a body; of one that is broken off, nothing. */
async function wordOf(request: IncomingMessage): Promise<string> {
  let word = ''
  try {
    for await (const chunk of request) word = `${word}${chunk}`.slice(0, 10)
    return word
  } catch {
    return ''
  }
}
