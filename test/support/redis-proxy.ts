/** A TCP proxy in front of a Redis: leads to another one when told, and cuts connections in the middle of what is said. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export class RedisProxy {
  /** Where new connections go. */
  target: number
  readonly port: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Bytes to Redis, or from it, after which all connections are cut. */
  #left: { to: number; from: number } | undefined

  private constructor(server: Server, target: number) {
    this.#server = server
    this.target = target
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (client) => this.#take(client))
  }

  static async start(target: number): Promise<RedisProxy> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new RedisProxy(server, target)
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Cuts all connections now. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  /** From now on the connections that there are pass nothing, and stay. New ones are as they should be. */
  hang(): void {
    for (const socket of this.#sockets) socket.removeAllListeners('data').pause()
  }

  /** Cuts them after so many bytes to Redis: of a command that is longer, a part arrives. */
  cutAfterSending(bytes: number): void {
    this.#left = { to: bytes, from: Number.POSITIVE_INFINITY }
  }

  /** Cuts them after so many bytes of answers: what was asked is done, and nobody hears of it. */
  cutAfterAnswers(bytes: number): void {
    this.#left = { to: Number.POSITIVE_INFINITY, from: bytes }
  }

  async close(): Promise<void> {
    this.#server.close()
    this.cut()
    await once(this.#server, 'close')
  }

  #take(client: Socket): void {
    const redis = connect(this.target, '127.0.0.1')
    for (const [one, other, way] of [
      [client, redis, 'to'],
      [redis, client, 'from'],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => undefined)
      one.once('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
      one.on('data', (bytes) => this.#pass(bytes, other, way))
    }
  }

  #pass(bytes: Buffer, to: Socket, way: 'to' | 'from'): void {
    const left = this.#left?.[way] ?? Number.POSITIVE_INFINITY
    if (bytes.length < left) {
      if (this.#left) this.#left[way] -= bytes.length
      return void to.write(bytes)
    }
    this.#left = undefined
    to.write(bytes.subarray(0, left), () => this.cut())
  }
}
