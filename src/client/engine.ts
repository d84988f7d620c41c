/** The engine: keeps one link to the server, through whatever happens to it. */
//
//   idle ──wanted──► connecting ──proven──► open ──lost──► waiting ──time──► connecting
//                        │                    │               ▲
//                        └────── failed ──────┴───────────────┘     any ──close, final error──► closed
//
// While a link is open a second one may be on its way: a better transport, or the successor of one that is silent or leaving. It is
// taken into use when it is proven, and the one before is let go when the new one reads everything.
import type { PublishRequest, ServerFrame } from '../protocol/anywire-frame.js'
import { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'
import {
  isOfOther,
  type Link,
  type LinkEvents,
  type OpenLink,
  type Readings,
  type Transport,
  transports,
} from './link.js'
import type { Policy } from './policy.js'
import { type Entrant, openOne, race, type Track } from './race.js'
import type { State } from './stats.js'
import type { Times } from './times.js'

export interface EngineOptions {
  readonly url: string
  readonly policy: Policy
  readonly times: Times
  readonly open: Readonly<Record<Transport, OpenLink>>
  /** Asks for a credential; undefined if there is none. */
  readonly token: () => Promise<string | undefined>
  /** What is to be read. */
  readonly readings: () => Readings
  readonly events: EngineEvents
}

export interface EngineEvents {
  /** Everything but what is between the engine and the server. */
  frame(frame: ServerFrame): void
  /** A link was taken into use. */
  linked(): void
  state(state: State, error: AnywireError | undefined): void
  /** Something was decided about transports, in a sentence. */
  decided(sentence: string): void
}

/** Better transports are looked for at least this often. */
const mostProbeMs = 300_000
/** Before its expiry a token is renewed. */
const renewMs = 10_000

export class Engine {
  readonly #options: EngineOptions
  #state: State = 'idle'
  #link: Link | undefined
  #openedAt = 0
  /** The one before, until the channels that are left are read by the new one too. */
  #before: { readonly link: Link; readonly readings: Readings; readonly left: Set<ChannelName> } | undefined
  #attempt = new AbortController()
  #retry: ReturnType<typeof setTimeout> | undefined
  #probe: ReturnType<typeof setTimeout> | undefined
  #renewal: ReturnType<typeof setTimeout> | undefined
  #leavingAt = 0
  #silent: Link | undefined
  #probing = new AbortController()
  #refused = 0
  #received = 0
  #links = 0

  constructor(options: EngineOptions) {
    this.#options = options
  }

  get state(): State {
    return this.#state
  }

  get link(): Link | undefined {
    return this.#link
  }

  /** Bytes received on all links. */
  get received(): number {
    return this.#received + (this.#link?.received ?? 0)
  }

  /** Links after the first. */
  get reconnects(): number {
    return Math.max(0, this.#links - 1)
  }

  /** Something is to be read or sent, or the set that is read has changed. */
  want(): void {
    if (this.#state === 'idle') void this.#connect()
    this.#link?.read(this.#options.readings())
    this.#settle()
  }

  /** Sends if there is a link: whoever wants to be sure sends again when one is taken into use. */
  publish(requests: readonly PublishRequest[]): void {
    if (this.#link) this.#link.publish(requests)
    else this.want()
  }

  /** The network or the page is back: what waits goes at once; a link may have died unnoticed, and gets a successor. */
  hurry(): void {
    if (this.#state === 'waiting' || this.#state === 'open') void this.#connect()
  }

  /** The connection is put aside, to be opened again by `want`. */
  rest(): void {
    if (this.#state === 'closed') return
    this.#drop()
    this.#set('idle')
  }

  close(error?: AnywireError): void {
    if (this.#state === 'closed') return
    this.#drop()
    this.#set('closed', error)
  }

  /** A link beside the one in use, for one reading of its own. @throws AnywireError */
  async aside(readings: Readings, events: LinkEvents, signal: AbortSignal): Promise<Link> {
    const { policy, open, url, times } = this.#options
    const transport = policy.order().find((one) => one !== 'websocket') ?? 'websocket'
    return open[transport]({ url, token: await this.#options.token(), readings, times, events, signal })
  }

  async #track(signal: AbortSignal): Promise<Track> {
    const { url, open, readings, times, token } = this.#options
    return {
      url,
      open,
      times,
      token: await token(),
      readings: readings(),
      events: (link) => this.#eventsOf(link),
      signal,
    }
  }

  /** Beside a link that is open, this looks for its successor. */
  async #connect(): Promise<void> {
    clearTimeout(this.#retry)
    this.#attempt.abort()
    const attempt = new AbortController()
    this.#attempt = attempt
    if (this.#link === undefined) this.#set('connecting')
    const { policy, events } = this.#options
    const failed: Transport[] = []
    let winner: Transport | undefined
    // One that failed where a worse one passes has something against it; where none passes, the way itself is cut.
    const blame = () => {
      const place = transports.indexOf(winner ?? 'websocket')
      for (const transport of failed.splice(0)) if (transports.indexOf(transport) < place) policy.demote(transport)
    }
    try {
      await race({
        ...(await this.#track(attempt.signal)),
        order: policy.order(),
        won: (entrant) => {
          if (attempt.signal.aborted) return entrant.link.close()
          winner = entrant.link.transport
          blame()
          this.#adopt(entrant)
        },
        failed: (transport, error) => {
          events.decided(`${transport} failed: ${error.message}`)
          failed.push(transport)
          if (winner) blame()
        },
      })
    } catch (thrown) {
      if (!attempt.signal.aborted) this.#failed(AnywireError.from(thrown))
    }
  }

  #adopt({ link, take }: Entrant): void {
    const readings = this.#options.readings()
    this.#before?.link.close()
    this.#before = this.#link && { link: this.#link, readings: new Map(readings), left: new Set(readings.keys()) }
    this.#received += this.#link?.received ?? 0
    this.#link = link
    this.#openedAt = performance.now()
    this.#leavingAt = 0
    this.#links++
    this.#options.events.decided(`${link.transport} was proven in ${Math.round(link.connectMs)} ms.`)
    take()
    if (this.#link !== link) return
    link.read(readings)
    this.#settle()
    this.#set('open')
    this.#options.events.linked()
    this.#lookForBetter(this.#options.times.probeMs)
  }

  #eventsOf(link: Link): LinkEvents {
    return {
      frame: (frame) => this.#take(link, frame),
      silent: () => {
        if (link !== this.#link) return
        this.#options.events.decided(`${link.transport} has gone silent.`)
        this.#silent = link
        void this.#connect()
      },
      lost: (error) => {
        if (link === this.#link) this.#lost(link, error)
        else if (link === this.#before?.link) this.#before = undefined
      },
    }
  }

  #take(link: Link, frame: ServerFrame): void {
    const { readings } = this.#options
    if (link !== this.#link && (link !== this.#before?.link || isOfOther(frame, this.#before.readings, readings())))
      return
    if (link === this.#silent) this.#silent = undefined
    switch (frame.type) {
      case 'welcome':
      case 'authenticated':
        this.#refused = 0
        return this.#renewBefore(frame.expiresAt)
      case 'drain':
        return this.#leave(frame.retryMs)
      case 'error':
        if (frame.channel === undefined && frame.id === undefined) return this.#told(link, frame)
    }
    this.#options.events.frame(frame)
    if (link === this.#link && 'channel' in frame && frame.type !== 'messages') this.#settle(frame.channel)
  }

  /** An error of the connection itself. */
  #told(link: Link, { code, message, ...details }: Extract<ServerFrame, { type: 'error' }>): void {
    const error = new AnywireError(code, message, { details })
    if (link === this.#link && error.meaning.retry !== 'later') this.#lost(link, error)
  }

  /** The one before goes when the new one reads everything. */
  #settle(channel?: ChannelName): void {
    if (this.#before === undefined) return
    const { link, left } = this.#before
    if (channel !== undefined) left.delete(channel)
    const readings = this.#options.readings()
    for (const one of left) if (!readings.has(one)) left.delete(one)
    if (left.size > 0) return
    this.#before = undefined
    link.close()
  }

  #lost(link: Link, error: AnywireError): void {
    this.#options.events.decided(`${link.transport} was lost: ${error.message}`)
    const demoted = this.#options.policy.lost(link.transport, performance.now() - this.#openedAt)
    if (demoted) this.#options.events.decided(`${link.transport} keeps dying young: others go first for a while.`)
    this.#received += link.received
    this.#link = undefined
    link.close()
    this.#failed(error)
  }

  /** Without a link: waits and tries again, unless trying again would change nothing. */
  #failed(error: AnywireError): void {
    if (this.#link) return this.#failedBeside(this.#link, error)
    if (error.meaning.retry === 'never' || (error.code === 'unauthorized' && ++this.#refused > 2))
      return this.close(error)
    clearTimeout(this.#probe)
    const leaving = this.#leavingAt > 0 ? Math.max(0, this.#leavingAt - performance.now()) : undefined
    const ms = this.#options.policy.wait(leaving ?? error.details.retryMs)
    this.#set('waiting', error)
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => void this.#connect(), ms)
  }

  /** No successor could be had: one that has been silent is given up, one that leaves is kept while it serves. */
  #failedBeside(link: Link, error: AnywireError): void {
    if (link === this.#silent) this.#lost(link, error)
    else if (this.#leavingAt > 0) this.#leave(this.#options.policy.wait(error.details.retryMs))
  }

  /** The server leaves: it said when to come back, and serves until then. */
  #leave(retryMs: number): void {
    this.#leavingAt = performance.now() + retryMs
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => void this.#connect(), retryMs)
  }

  #lookForBetter(ms: number): void {
    clearTimeout(this.#probe)
    this.#probe = setTimeout(() => void this.#probeBetter(ms), ms)
  }

  /** Make before break: a better transport must be proven and hold a while before it takes over. */
  async #probeBetter(ms: number): Promise<void> {
    const link = this.#link
    if (link === undefined) return
    const { policy, events, times } = this.#options
    policy.lived(link.transport)
    const again = () => this.#lookForBetter(Math.min(ms * 2, mostProbeMs))
    const transport = policy.better(link.transport)
    if (transport === undefined) return again()
    this.#probing = new AbortController()
    const { signal } = this.#probing
    try {
      const entrant = await openOne({ ...(await this.#track(signal)), readings: new Map() }, transport)
      await new Promise((resolve) => setTimeout(resolve, times.trialMs))
      if (signal.aborted || this.#link !== link) return entrant.link.close()
      if (entrant.broken) throw new AnywireError('unavailable', `It broke within ${times.trialMs / 1000} s.`)
      this.#adopt(entrant)
    } catch (thrown) {
      if (signal.aborted) return
      policy.demote(transport)
      events.decided(`${transport} was tried again in vain: ${AnywireError.from(thrown).message}`)
      again()
    }
  }

  #renewBefore(expiresAt: number | undefined): void {
    clearTimeout(this.#renewal)
    if (expiresAt === undefined) return
    const ms = expiresAt - Date.now() - renewMs
    this.#renewal = setTimeout(() => void this.#renew(), Math.min(Math.max(0, ms), 2 ** 31 - 1))
  }

  async #renew(): Promise<void> {
    const token = await this.#options.token().catch(() => undefined)
    if (token !== undefined) this.#link?.authenticate(token)
  }

  #drop(): void {
    for (const timer of [this.#retry, this.#probe, this.#renewal]) clearTimeout(timer)
    this.#attempt.abort()
    this.#probing.abort()
    this.#before?.link.close()
    this.#before = undefined
    this.#received += this.#link?.received ?? 0
    this.#link?.close()
    this.#link = undefined
  }

  #set(state: State, error?: AnywireError): void {
    if (this.#state === state) return
    this.#state = state
    this.#options.events.state(state, error)
  }
}
