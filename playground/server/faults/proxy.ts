/** A proxy on the loopback in front of a server, that does to its clients what networks and other proxies do, when it is told to. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { randomOf } from '../random.js'
import { Connection, type Surroundings } from './connection.js'
import {
  type Buffering,
  type Counts,
  type Ending,
  type ForRequests,
  noCounts,
  type RequestFault,
  type Seen,
  type WebSocketFault,
  type Which,
} from './fault.js'
import type { Direction, Weather } from './valve.js'

export type { Buffering, Counts, Ending, ForRequests, Seen, WebSocketFault, Which } from './fault.js'
export type { Direction } from './valve.js'

export interface FaultProxyOptions {
  /** Port of the server, on 127.0.0.1. */
  readonly port: number
  /** What chance is drawn from. @default 1 */
  readonly seed?: number
  /** Told of all bytes that go to clients, with the request that they answer. */
  readonly passed?: (request: Seen, bytes: number) => void
}

type Refusal = 'reset' | 'fin' | 'port'

export class FaultProxy implements AsyncDisposable {
  /** What it has done and seen. */
  readonly counts: Counts = noCounts()
  /** The requests it has seen whole, newest last: at most 1,000. */
  readonly requests: Seen[] = []
  readonly port: number
  readonly #server: Server
  readonly #connections = new Set<Connection>()
  readonly #weather: Record<Direction, Weather>
  readonly #around: Surroundings & { webSockets: WebSocketFault; buffering: Buffering | null }
  readonly #waiting = new Set<() => void>()
  #planned: { fault: RequestFault; match: (request: Seen) => boolean; left: number }[] = []
  #refusal: Refusal | undefined

  private constructor(server: Server, { port, seed = 1, passed = () => undefined }: FaultProxyOptions) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
    const random = randomOf(seed)
    const fair = (): Weather => ({ stalled: false, delayMs: 0, jitterMs: 0, random })
    this.#weather = { up: fair(), down: fair() }
    this.#around = {
      serverPort: port,
      weather: this.#weather,
      webSockets: 'pass',
      buffering: null,
      plan: (request) => this.#plan(request),
      seen: (request) => this.#see(request),
      passed,
      count: (what) => this.#count(what),
      over: (connection) => this.#connections.delete(connection),
      changed: () => this.#changed(),
    }
    server.on('connection', (socket) => this.#take(socket))
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new FaultProxy(server, options)
  }

  /** `http://127.0.0.1:<port>` */
  get origin(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** The server behind it: give another one to have new connections go there. */
  set serverPort(port: number) {
    Object.assign(this.#around, { serverPort: port })
  }

  /** How many connections clients hold open now. */
  open(which: Which = 'all'): number {
    return [...this.#connections].filter((connection) => !connection.client.destroyed && connection.is(which)).length
  }

  /** The newest request of each connection that clients hold open now. */
  asked(): Seen[] {
    return [...this.#connections].flatMap(({ client, asked }) => (client.destroyed || !asked ? [] : [asked]))
  }

  /** Resolves once it fits, which is looked at whenever the proxy has seen or done something. */
  async until(fits: (proxy: this) => boolean): Promise<void> {
    while (!fits(this)) await new Promise<void>((resolve) => this.#waiting.add(resolve))
  }

  /** Ends open connections on both sides; resolves when the clients' are closed. */
  async cut(how: Ending = 'fin', which: Which = 'all'): Promise<void> {
    const cut = this.#chosen(which)
    const closed = cut.map(({ client }) => client.closed || once(client, 'close').catch(() => undefined))
    for (const connection of cut) {
      connection.cut(how)
      this.#count('cut')
    }
    await Promise.all(closed)
  }

  /** Ends open connections with RST. */
  reset(which: Which = 'all'): Promise<void> {
    return this.cut('reset', which)
  }

  /** Ends open connections in the middle: when their clients have got so many more bytes. */
  truncate(bytes: number, how: Ending = 'fin', which: Which = 'all'): void {
    for (const connection of this.#chosen(which)) connection.truncate(bytes, how)
  }

  /** Takes connections and bytes and holds them: a black hole, for all there is and comes, until `resume`. */
  stall(direction: Direction | 'both' = 'both'): void {
    this.#change(direction, { stalled: true })
    this.#count('stalls')
  }

  resume(direction: Direction | 'both' = 'both'): void {
    this.#change(direction, { stalled: false })
  }

  /** The server is told that its open connections are over; their clients keep theirs and hear nothing more. */
  halfOpen(which: Which = 'all'): void {
    for (const connection of this.#chosen(which)) {
      connection.halfOpen()
      this.#count('halfOpened')
    }
  }

  /** Every chunk comes later, by `ms` and by chance up to `jitterMs` more; their order stays. 0 ends it. */
  delay(ms: number, jitterMs = 0, direction: Direction | 'both' = 'both'): void {
    this.#change(direction, { delayMs: ms, jitterMs })
  }

  /** Ends new connections as soon as they are made, or has nobody listen on the port (ECONNREFUSED), until `accept`. */
  refuse(how: Refusal = 'reset'): void {
    this.#refusal = how
    if (how === 'port') this.#server.close()
  }

  async accept(): Promise<void> {
    this.#refusal = undefined
    if (this.#server.listening) return
    this.#server.listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  /** What happens to WebSockets that are asked for from now on. */
  webSockets(fault: WebSocketFault): void {
    this.#around.webSockets = fault
  }

  /** Holds back the bodies of answers without a length that begin from now on; `null` ends it for the next ones. */
  buffer(buffering: Buffering | null = {}): void {
    this.#around.buffering = buffering
  }

  /** Answers requests in place of the server. The returned function takes back what has not been used. */
  status(code: number, headers: Readonly<Record<string, string>> = {}, requests?: ForRequests): () => void {
    return this.#next({ kind: 'status', code, headers }, requests)
  }

  /** The server does what requests ask, and their connections end in place of the answers. */
  lose(requests?: ForRequests & { readonly how?: Ending }): () => void {
    return this.#next({ kind: 'lose', how: requests?.how ?? 'reset' }, requests)
  }

  /** Requests reach the server twice, one after the other, and the client hears the answer to one. */
  duplicate(requests?: ForRequests & { readonly answer?: 'first' | 'second' }): () => void {
    return this.#next({ kind: 'double', answer: requests?.answer ?? 'second' }, requests)
  }

  /** Ends every fault that lasts. What was broken stays broken. */
  async heal(): Promise<void> {
    this.#planned = []
    this.webSockets('pass')
    this.buffer(null)
    this.delay(0)
    this.resume()
    await this.accept()
  }

  /** Ends all sockets and stops listening. */
  async close(): Promise<void> {
    const closed = this.#server.listening && once(this.#server, 'close')
    this.#server.close()
    for (const connection of this.#connections) connection.destroy()
    await closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #take(socket: Socket): void {
    if (this.#refusal) {
      if (this.#refusal === 'fin') socket.destroy()
      else socket.resetAndDestroy()
      return this.#count('refused')
    }
    const connection = new Connection(socket, this.#around)
    this.#connections.add(connection)
    this.#count('connections')
  }

  #chosen(which: Which): Connection[] {
    return [...this.#connections].filter((connection) => connection.live && connection.is(which))
  }

  #change(direction: Direction | 'both', change: Partial<Weather>): void {
    if (direction !== 'down') Object.assign(this.#weather.up, change)
    if (direction !== 'up') Object.assign(this.#weather.down, change)
    for (const connection of this.#connections) connection.flow()
  }

  #next(fault: RequestFault, { match = ({ upgrade }) => !upgrade, times = 1 }: ForRequests = {}): () => void {
    const planned = { fault, match, left: times }
    this.#planned.push(planned)
    return () => {
      planned.left = 0
    }
  }

  #plan(request: Seen): RequestFault | undefined {
    const planned = this.#planned.find(({ left, match }) => left > 0 && match(request))
    if (planned) planned.left--
    this.#planned = this.#planned.filter(({ left }) => left > 0)
    return planned?.fault
  }

  #see(request: Seen): void {
    this.requests.push(request)
    if (this.requests.length > 1_000) this.requests.shift()
    if (request.upgrade) this.counts.upgrades++
    this.#count('requests')
  }

  #count(what: keyof Counts): void {
    this.counts[what]++
    this.#changed()
  }

  #changed(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const look of waiting) look()
  }
}
