/** The core: serves any number of clients (of this thread, a page, or all tabs) over one connection. */
import type { ServerFrame } from '../protocol/anywire-frame.js'
import { AnywireError } from '../protocol/error.js'
import { microsOf } from '../protocol/offset.js'
import { batchMicrotask } from './batch.js'
import { wallMs } from './clock.js'
import { Engine } from './engine.js'
import type { Greeting } from './engine-options.js'
import { Feeds } from './feeds.js'
import { isDeeper, type PortError } from './item.js'
import type { Reading, Readings } from './link.js'
import { Patience } from './patience.js'
import { createPolicy, type Policy } from './policy.js'
import type { ClientPort, CoreOptions, FromCore, ToCore } from './port.js'
import { ClientSession } from './session.js'
import { Spread } from './spread.js'
import type { State, Stats } from './stats.js'
import { type Times, usualTimes } from './times.js'

export interface Core {
  /** Serves a client. The returned function takes the client's messages; `close` is the last of them. */
  attach(port: ClientPort): (message: ToCore) => void
  /** Closes the connection. To be called when the last client has left. */
  close(): void
}

type PublishAnswer = Extract<ServerFrame, { type: 'published' | 'error' }>
type TokenAnswer = Extract<ToCore, { type: 'token' }>
type CoreHandlers = { readonly [Type in ToCore['type']]: (message: Extract<ToCore, { type: Type }>) => void }

const statsMs = 1_000
const maxDecisions = 20

export const createCore = (options: CoreOptions): Core => new OwnCore(options)

class OwnCore implements Core {
  readonly #options: CoreOptions
  readonly #times: Times
  readonly #policy: Policy
  readonly #patience = new Patience()
  readonly #sessions = new Set<ClientSession>()
  readonly #decisions: string[] = []
  readonly #feeds: Feeds
  readonly #spread = new Spread()
  /** Those after the first read what one connection may not. */
  readonly #engines: [Readonly<Engine>, ...Readonly<Engine>[]]
  readonly #timer: ReturnType<typeof setInterval>
  #asked: ((answer: TokenAnswer) => void)[] = []
  /** Publishes that are not answered: who sent each, and what it is called there. By the id that the server has. */
  readonly #sent = new Map<number, { readonly session: ClientSession; readonly id: number }>()
  #ids = 0
  #failure: AnywireError | undefined
  /** The principal of all clients of this core. null: it may change with each request. */
  #principal: string | null | undefined
  #pushMs: number | undefined
  /** Since when messages can have been on their way, by the server's clock, if it is known. */
  #linkedAt = 0
  /** Received. */
  #bytes = 0
  /** Bytes received when the stats were last sent. Without new bytes only a change of state is sent. */
  #sentBytes = 0

  constructor(options: CoreOptions) {
    this.#options = options
    this.#principal = options.principal
    this.#times = { ...usualTimes, ...options.times }
    const { transports, memory } = options
    this.#policy = createPolicy({
      transports,
      times: this.#times,
      memory,
      learnt: (memory) => this.#broadcast({ type: 'learnt', memory }),
    })
    this.#feeds = new Feeds({
      aside: (...of) => this.#main.aside(...of),
      // Subscriptions made and ended in one turn are sent as one request.
      changed: batchMicrotask(() => this.#read()),
    })
    this.#engines = [this.#createEngine(0, this.#spread.sets[0])]
    this.#timer = setInterval(() => this.#bytes === this.#sentBytes || this.#sendStats(), statsMs)
  }

  attach(port: ClientPort): (message: ToCore) => void {
    const session = new ClientSession(port, this.#feeds)
    const handlers: CoreHandlers = {
      subscribe: ({ wishes }) => {
        for (const wish of wishes) session.subscribe(wish)
      },
      unsubscribe: ({ ids }) => {
        for (const id of ids) session.leave(id)
      },
      consumed: ({ id, count }) => session.consumed(id, count),
      publish: ({ requests }) => {
        // Without a link it is a wish: the client sends again when there is one.
        this.#main.want()
        this.#main.publish(requests.map((one) => ({ ...one, id: this.#sentBy(session, one.id as number) })))
      },
      token: (answer) => {
        for (const take of this.#asked) take(answer)
        this.#asked = []
      },
      hurry: () => {
        for (const engine of this.#engines) engine.hurry()
      },
      close: () => {
        this.#sessions.delete(session)
        session.end()
      },
    }
    this.#sessions.add(session)
    port.send(this.#stateMessage(this.#main.state))
    if (this.#asked.length > 0) port.send({ type: 'token' })
    return (message) => {
      // What was published as one principal is not sent as another.
      const isOurs = !('principal' in message) || this.#isOurs(message.principal)
      if (isOurs) handlers[message.type](message as never)
      else port.send(this.#stranger())
    }
  }

  close(): void {
    clearInterval(this.#timer)
    for (const engine of this.#engines) engine.close()
  }

  get #main(): Readonly<Engine> {
    return this.#engines[0]
  }

  #createEngine(place: number, readings: Readings): Readonly<Engine> {
    return new Engine({
      url: this.#options.url,
      times: this.#times,
      json: this.#options.json ?? JSON,
      policy: this.#policy,
      patience: this.#patience,
      token: () => this.#token(),
      principal: () => this.#principal ?? undefined,
      readings,
      greeted: (greeting) => this.#greeted(greeting),
      frame: (frame, reading) => this.#frame(frame, reading),
      received: (bytes) => {
        this.#bytes += bytes
      },
      changed: (state, error) => {
        if (place === 0) this.#changed(state, error)
        // Only the first engine sets the state of the core. The channels of this one end here.
        else if (error && state === 'closed')
          for (const [channel, reading] of readings)
            this.#feeds.frame({ type: 'error', ...error.toJSON(), channel }, reading)
      },
      decided: (sentence) => {
        if (this.#decisions.push(sentence) > maxDecisions) this.#decisions.shift()
      },
    })
  }

  /** What is to be read has changed, or how much of it one connection may read. */
  #read(): void {
    const { sets } = this.#spread
    this.#spread.update(this.#feeds.readings)
    for (const engine of this.#engines.splice(Math.max(1, sets.length))) engine.close()
    for (const [place, set] of sets.entries()) {
      const engine = this.#engines[place] ?? this.#createEngine(place, set)
      this.#engines[place] = engine
      if (set.size > 0 || engine.link) engine.want()
    }
  }

  #greeted(greeting: Greeting): boolean {
    if (greeting.type === 'welcome') {
      const max = Math.max(1, greeting.maxChannels || Number.POSITIVE_INFINITY)
      const isNew = max !== this.#spread.max
      this.#spread.max = max
      if (isNew && this.#feeds.readings.size > max) this.#read()
    }
    const isOurs = this.#isOurs(greeting.principal)
    if (!isOurs) this.#broadcast(this.#stranger())
    return isOurs
  }

  /** Whether the principal is that of this core. An unknown one is accepted. */
  #isOurs(principal: string | undefined): boolean {
    if (this.#principal === undefined) this.#principal = principal
    return this.#principal === null || principal === undefined || this.#principal === principal
  }

  #frame(frame: ServerFrame, reading: Reading | undefined): void {
    if ('id' in frame) return this.#answered(frame as PublishAnswer)
    if (frame.type === 'messages') this.#measure(frame.messages.at(-1)?.offset)
    this.#feeds.frame(frame, reading)
  }

  #changed(state: State, error: AnywireError | undefined): void {
    const { link } = this.#main
    if (state === 'open') {
      this.#linkedAt = wallMs() + (link?.aheadMs ?? Number.POSITIVE_INFINITY)
      // Whoever hears of it sends again what is not answered.
      this.#sent.clear()
    }
    this.#failure = error
    this.#broadcast(this.#stateMessage(state))
    this.#sendStats()
    if (state === 'closed') for (const session of this.#sessions) session.end(error)
  }

  #stateMessage(state: State): FromCore {
    return { type: 'state', state, error: this.#failure?.toJSON(), principal: this.#principal ?? undefined }
  }

  #stranger(): FromCore {
    return { type: 'stranger', principal: this.#principal ?? undefined }
  }

  #broadcast(message: FromCore): void {
    for (const { port } of this.#sessions) port.send(message)
  }

  /** Every client of this core is the same principal: the first answer will do. */
  #token(): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      this.#asked.push(({ token, error }) => (error ? reject(AnywireError.fromJSON(error)) : resolve(token)))
      this.#broadcast({ type: 'token' })
    })
  }

  #sentBy(session: ClientSession, id: number): number {
    this.#sent.set(++this.#ids, { session, id })
    return this.#ids
  }

  #answered({ type, id: own, channel, ...answer }: PublishAnswer): void {
    const sent = this.#sent.get(own as number)
    this.#sent.delete(own as number)
    if (!sent || !this.#sessions.has(sent.session)) return
    const { reply } = answer as { reply?: unknown }
    const facts = isDeeper(reply) ? { ...answer, reply: undefined } : answer
    const { session, id } = sent
    session.port.send(
      type === 'published' ? { ...facts, type, id } : { type: 'refused', id, error: facts as PortError },
    )
  }

  /** Measures the delay of live messages only, not of history. */
  #measure(offset = ''): void {
    const { link } = this.#main
    const appendedAt = microsOf(offset) / 1000
    if (link && appendedAt > this.#linkedAt)
      this.#pushMs = Math.max(0, wallMs() + (link.aheadMs ?? 0) - appendedAt - link.roundTripMs / 2)
  }

  #sendStats(): void {
    const { link, reconnects } = this.#main
    this.#sentBytes = this.#bytes
    const stats: Stats = {
      transport: link?.transport,
      connectMs: link?.connectMs,
      roundTripMs: link?.roundTripMs,
      transferMs: link && link.roundTripMs / 2,
      pushMs: this.#pushMs,
      bytes: this.#bytes,
      reconnects,
      ...this.#feeds.counts,
      error: this.#failure?.toJSON(),
      decisions: [...this.#decisions],
    }
    this.#broadcast({ type: 'stats', stats })
  }
}
