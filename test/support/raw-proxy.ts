/** A proxy for any protocol over TCP: it cuts connections, also in the middle of a message, and holds up what goes through. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export type Ending = 'fin' | 'reset'
/** To the server, or from it. */
export type Direction = 'up' | 'down'

interface Pair {
  readonly client: Socket
  readonly server: Socket
}

export class RawProxy {
  readonly port: number
  readonly #listener: Server
  readonly #pairs = new Set<Pair>()
  readonly #change: (bytes: Buffer) => Buffer
  #stalled = false
  #cut: { direction: Direction; left: number; how: Ending } | undefined

  private constructor(listener: Server, serverPort: number, change: (bytes: Buffer) => Buffer) {
    this.#change = change
    this.#listener = listener
    this.port = (listener.address() as AddressInfo).port
    listener.on('connection', (client) => this.#take(client, connect(serverPort, '127.0.0.1')))
  }

  /** Listens on a free port of 127.0.0.1. `change`: what becomes of each chunk from the server. */
  static async start(serverPort: number, change = (bytes: Buffer) => bytes): Promise<RawProxy> {
    const listener = createServer().listen(0, '127.0.0.1')
    await once(listener, 'listening')
    return new RawProxy(listener, serverPort, change)
  }

  /** Ends all connections on both sides. */
  cut(how: Ending): void {
    for (const pair of this.#pairs) end(pair, how)
  }

  /** Ends all connections once so many more bytes have gone through that way: no byte more of them does. */
  cutAfter(direction: Direction, bytes: number, how: Ending): void {
    this.#cut = { direction, left: bytes, how }
  }

  /** Nothing goes through, either way, until `resume`. */
  stall(): void {
    this.#stalled = true
    for (const { client, server } of this.#pairs) for (const socket of [client, server]) socket.pause()
  }

  resume(): void {
    this.#stalled = false
    for (const { client, server } of this.#pairs) for (const socket of [client, server]) socket.resume()
  }

  close(): void {
    this.#listener.close()
    this.cut('reset')
  }

  #take(client: Socket, server: Socket): void {
    const pair = { client, server }
    this.#pairs.add(pair)
    this.#pass(pair, client, server, 'up')
    this.#pass(pair, server, client, 'down')
    if (this.#stalled) for (const socket of [client, server]) socket.pause()
  }

  #pass(pair: Pair, from: Socket, to: Socket, direction: Direction): void {
    from.on('error', () => undefined)
    from.once('close', () => {
      this.#pairs.delete(pair)
      to.end()
    })
    from.on('data', (chunk: Buffer) => {
      const bytes = direction === 'down' ? this.#change(chunk) : chunk
      const cut = this.#cut?.direction === direction ? this.#cut : undefined
      if (cut && bytes.length >= cut.left) {
        this.#cut = undefined
        to.write(bytes.subarray(0, cut.left), () => this.cut(cut.how))
        for (const { client, server } of this.#pairs) for (const socket of [client, server]) socket.pause()
        return
      }
      if (cut) cut.left -= bytes.length
      to.write(bytes)
    })
  }
}

function end({ client, server }: Pair, how: Ending): void {
  for (const socket of [client, server]) how === 'fin' ? socket.destroy() : socket.resetAndDestroy()
}
