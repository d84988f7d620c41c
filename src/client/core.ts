/** The core: serves any number of clients (this thread's, a worker's page, the tabs of an origin) over one connection. */
import type { PublishRequest, ServerFrame } from '../protocol/anywire-frame.js'
import { AnywireError } from '../protocol/error.js'
import { microsOf } from '../protocol/offset.js'
import { wallMs } from './clock.js'
import { Engine } from './engine.js'
import { type ChannelFrame, Feeds } from './feeds.js'
import type { OpenLink, Transport } from './link.js'
import { openPoll } from './links/poll.js'
import { openStream } from './links/stream.js'
import { openWebSocket } from './links/websocket.js'
import { Policy } from './policy.js'
import type { ClientPort, CoreOptions, FromCore, ToCore } from './port.js'
import { Seat } from './seat.js'
import type { Stats } from './stats.js'
import { usualTimes } from './times.js'

const open: Readonly<Record<Transport, OpenLink>> = { websocket: openWebSocket, stream: openStream, poll: openPoll }

const statsMs = 1_000
const mostDecisions = 20

export class Core {
  readonly #engine: Engine
  readonly #feeds: Feeds
  readonly #seats = new Set<Seat>()
  /** Whose publish an id is. */
  readonly #publishes = new Map<number, { readonly seat: Seat; readonly id: number }>()
  readonly #asked: ((answer: Extract<ToCore, { type: 'token' }>) => void)[] = []
  readonly #decisions: string[] = []
  #ids = 0
  #error: AnywireError | undefined
  #changed = false
  #pushMs: number | undefined
  #told = ''
  #timer: ReturnType<typeof setInterval> | undefined

  constructor({ url, transports, memory, times }: CoreOptions) {
    const learnt = (learnt: NonNullable<CoreOptions['memory']>) => this.#tell({ type: 'learnt', memory: learnt })
    this.#engine = new Engine({
      url,
      open,
      times: { ...usualTimes, ...times },
      policy: new Policy({ transports, memory, learnt }),
      token: () => this.#token(),
      readings: () => this.#feeds.readings,
      events: {
        frame: (frame) => this.#frame(frame),
        linked: () => this.#tell({ type: 'linked' }),
        state: (state, error) => {
          this.#error = error
          this.#tell({ type: 'state', state, error: error?.toJSON() })
          this.#tellStats()
          if (state === 'closed') for (const seat of this.#seats) seat.endAll(error)
        },
        decided: (sentence) => {
          this.#decisions.push(sentence)
          if (this.#decisions.length > mostDecisions) this.#decisions.shift()
        },
      },
    })
    this.#feeds = new Feeds({
      aside: (readings, events, signal) => this.#engine.aside(readings, events, signal),
      changed: () => this.#want(),
    })
    globalThis.addEventListener?.('online', this.#online)
  }

  /** Serves a client; what it says goes to the function that is answered. */
  attach(port: ClientPort): (message: ToCore) => void {
    const seat = new Seat(port, this.#feeds)
    this.#seats.add(seat)
    port.send({ type: 'state', state: this.#engine.state, error: this.#error?.toJSON() })
    if (this.#asked.length > 0) port.send({ type: 'token' })
    if (this.#engine.state === 'open') port.send({ type: 'linked' })
    this.#timer ??= setInterval(() => this.#tellStats(), statsMs)
    return (message) => this.#take(seat, message)
  }

  close(): void {
    globalThis.removeEventListener?.('online', this.#online)
    clearInterval(this.#timer)
    this.#engine.close()
  }

  readonly #online = () => this.#engine.hurry()

  #take(seat: Seat, message: ToCore): void {
    switch (message.type) {
      case 'subscribe':
        for (const wish of message.wishes) seat.subscribe(wish)
        return
      case 'unsubscribe':
        for (const id of message.ids) seat.unsubscribe(id)
        return
      case 'consumed':
        return seat.took(message.id, message.count)
      case 'publish':
        return this.#publish(seat, message.requests)
      case 'token':
        for (const answer of this.#asked.splice(0)) answer(message)
        return
      case 'hurry':
        return this.#engine.hurry()
      case 'close':
        return this.#leave(seat)
    }
  }

  #leave(seat: Seat): void {
    if (!this.#seats.delete(seat)) return
    seat.leave()
    for (const [id, publish] of this.#publishes) if (publish.seat === seat) this.#publishes.delete(id)
    if (this.#seats.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#engine.rest()
  }

  #publish(seat: Seat, requests: readonly PublishRequest[]): void {
    const link = this.#engine.link
    // Without a link it is a wish: the client sends again when there is one.
    if (link === undefined) return this.#engine.want()
    link.publish(
      requests.map((request) => {
        const id = ++this.#ids
        this.#publishes.set(id, { seat, id: Number(request.id) })
        return { ...request, id }
      }),
    )
  }

  #frame(frame: ServerFrame): void {
    if ('id' in frame && (frame.type === 'published' || frame.type === 'error')) return this.#answer(frame)
    if (!('channel' in frame) || frame.channel === undefined || frame.type === 'published') return
    if (frame.type === 'messages') this.#measure(frame.messages.at(-1)?.offset)
    this.#feeds.frame(frame as ChannelFrame)
  }

  #answer(frame: Extract<ServerFrame, { type: 'published' | 'error' }>): void {
    const publish = this.#publishes.get(Number(frame.id))
    if (publish === undefined) return
    this.#publishes.delete(Number(frame.id))
    const { seat, id } = publish
    const { type, channel, ...rest } = frame
    if (type === 'published') seat.port.send({ ...rest, type, id } as FromCore)
    else seat.port.send({ type: 'refused', id, error: rest as never })
  }

  /** Readings that come and go in one turn leave as one request. */
  #want(): void {
    if (this.#changed) return
    this.#changed = true
    queueMicrotask(() => {
      this.#changed = false
      if (this.#feeds.readings.size > 0 || this.#engine.link) this.#engine.want()
    })
  }

  /** Every client of this core is the same principal: the first answer will do. */
  #token(): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      this.#asked.push(({ token, error }) =>
        error ? reject(new AnywireError(error.code, error.message)) : resolve(token),
      )
      this.#tell({ type: 'token' })
    })
  }

  #measure(offset: string | undefined): void {
    const link = this.#engine.link
    if (offset === undefined || link?.aheadMs === undefined) return
    const delay = wallMs() + link.aheadMs - microsOf(offset) / 1000
    this.#pushMs = Math.max(0, delay - link.roundTripMs / 2)
  }

  #stats(): Stats {
    const { link, received, reconnects } = this.#engine
    const { gaps, messages } = this.#feeds
    return {
      transport: link?.transport,
      connectMs: link?.connectMs,
      roundTripMs: link?.roundTripMs,
      transferMs: link && link.roundTripMs / 2,
      pushMs: this.#pushMs,
      bytes: received,
      messages,
      reconnects,
      gaps,
      decisions: [...this.#decisions],
    }
  }

  #tellStats(): void {
    const stats = this.#stats()
    const told = JSON.stringify(stats)
    if (told === this.#told) return
    this.#told = told
    this.#tell({ type: 'stats', stats })
  }

  #tell(message: FromCore): void {
    for (const { port } of this.#seats) port.send(message)
  }
}
