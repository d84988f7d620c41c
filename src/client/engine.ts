/** The engine: keeps one link to the server, through whatever happens to it. */
//
//   idle ──wanted──► connecting ──proven──► open ──lost──► waiting ──time──► connecting
//                        │                    │               ▲
//                        └────── failed ──────┴───────────────┘     any ──close, final error──► closed
//
// An attempt is a race: the best transport first, the others after a short head start each; the first that is proven is
// taken into use, and a better one may still take over. While a link is open there may be an attempt beside it, for a
// better transport or the successor of one that is silent or leaving. What is heard counts, whichever link it comes
// from: what comes twice is told by its position.
//
// Only what the hub itself says is final, and of that not a size: a message that is too large is refused alone. A
// refused credential is tried again after growing pauses, with what `token` answers then.
import type { ServerFrame } from '../protocol/anywire-frame.js'
import type { AnywireError } from '../protocol/error.js'
import { askedMs, late } from './deadline.js'
import type { EngineOptions, Greeting } from './engine-options.js'
import type { Link, LinkEvents, Reading, Readings, SentPublish, Transport } from './link.js'
import { LaterLink, loadOverPost } from './links/later.js'
import { OverWebSocket } from './links/websocket.js'
import { race } from './race.js'
import type { Renewal } from './renewal.js'
import { somebodyElse } from './somebody-else.js'
import type { State } from './stats.js'

/** Better transports are looked for at least this often. */
const maxProbeMs = 300_000
/** Clients of a server that leaves, and does not say when to come back, come back within this. */
const maxSpreadMs = 1_000
/** Within this time one wish to hurry is enough. */
const hurryMs = 500
/** How long the link before is read beside its successor. */
const overlapMs = 1_000
/** Refusals of the credential in a row that are not final. */
const maxRefusals = 6

type Timer = ReturnType<typeof setTimeout>

export class Engine {
  readonly #options: EngineOptions
  /** Loaded when a credential is in force that ends. */
  #renewal: Promise<Renewal | undefined> | undefined
  /** Set by the engine alone: others hold it as `Readonly<Engine>`. So are `link`, `reconnects` and `credential`. */
  state: State = 'idle'
  /** The link in use, the one before it, and those that are on trial, each with what is to become of it in time. */
  readonly #open = new Map<Link, Timer>()
  link: Link | undefined
  #before: Link | undefined
  #silent: Link | undefined
  #openedAt = 0
  /** No further transport is begun in the attempt that is under way. */
  #endRace = () => {}
  #retry: Timer | undefined
  #probe: Timer | undefined
  #leavingAt = 0
  #hurriedAt = -hurryMs
  #refusals = 0
  /** Links after the first. */
  reconnects = 0
  /** A larger publish has not passed. */
  #frameBytes = Number.POSITIVE_INFINITY
  /** The newest one. */
  credential: string | undefined

  constructor(options: EngineOptions) {
    this.#options = options
  }

  /** Something is to be read or sent, or the set that is read has changed. */
  want(): void {
    if (this.state === 'idle') this.#connect()
    this.link?.read(this.#options.readings)
  }

  /** A credential for a connection, which is the newest from here on. */
  async ask(): Promise<string | undefined> {
    this.credential = await this.#options.token()
    return this.credential
  }

  /** Without a link nothing is sent. */
  publish(requests: readonly SentPublish[]): void {
    this.link?.publish(requests)
  }

  /** The network or the page is back: what waits goes at once; a link may have died unnoticed, and gets a successor. */
  hurry(): void {
    const now = performance.now()
    // Tabs say it all at once.
    if (this.state === 'idle' || this.state === 'closed' || now - this.#hurriedAt < hurryMs) return
    this.#hurriedAt = now
    this.#connect()
  }

  /** A link beside the one in use, for one reading of its own. */
  aside(readings: Readings, events: LinkEvents): Link {
    const order = this.#options.policy.order()
    // What was gets an answer that ends: nothing on the way can hold it back.
    const link = this.#begin(order.includes('poll') ? 'poll' : (order.at(-1) ?? 'poll'), this.ask(), {
      ...events,
      frame: (frame, reading) => {
        if (!isGreeting(frame)) events.frame(frame, reading)
        else if (!this.#options.greeted(frame)) {
          link.close()
          events.lost(somebodyElse())
        }
      },
    })
    link.read(readings)
    return link
  }

  close(error?: AnywireError): void {
    clearTimeout(this.#retry)
    clearTimeout(this.#probe)
    void this.#renewal?.then((renewal) => renewal?.close())
    this.link = undefined
    this.#leaveTrials()
    this.#set('closed', error)
  }

  #set(next: State, error?: AnywireError): void {
    if (this.state === next && next !== 'open') return
    this.state = next
    this.#options.changed(next, error)
  }

  #begin(transport: Transport, token: Promise<string | undefined>, events: LinkEvents): Link {
    const options = { ...this.#options, token, events, frameBytes: this.#frameBytes }
    return transport === 'websocket' ? new OverWebSocket(options) : new LaterLink(transport, options)
  }

  /** Answers whether it was open. */
  #leave(link: Link): boolean {
    clearTimeout(this.#open.get(link))
    link.close()
    return this.#open.delete(link)
  }

  #leaveTrials(): void {
    this.#endRace()
    for (const link of this.#open.keys()) if (link !== this.link) this.#leave(link)
  }

  #enter(
    transport: Transport,
    credential: Promise<string | undefined>,
    proven: (link: Link) => void,
    failed: (error: AnywireError) => void,
  ): Link {
    const { patience, times, decided } = this.#options
    const fail = (error: AnywireError, largestBytes?: number) => {
      if (!this.#leave(link)) return
      if (link === this.link) return this.#lose(link, error, largestBytes)
      if (link === this.#before) return
      decided(`${transport}: ${error.message}`)
      failed(error)
    }
    const link: Link = this.#begin(transport, credential, {
      proven: () => {
        answered()
        proven(link)
      },
      frame: (frame, reading) => {
        if (link === this.#silent) this.#silent = undefined
        if (isGreeting(frame) && !this.#options.greeted(frame)) fail(somebodyElse())
        else this.#receive(frame, reading)
      },
      silent: () => {
        if (link !== this.link) return
        decided(`${transport}: silent`)
        this.#silent = link
        this.#connect()
      },
      lost: fail,
    })
    const [timer, answered] = patience.wait(`${transport}: proof`, times.proofMs, () => fail(late()))
    this.#open.set(link, timer)
    return link
  }

  #receive(frame: ServerFrame, reading: Reading | undefined): void {
    if (isGreeting(frame)) this.#renew(frame)
    // The server leaves: it said when to come back, and serves until then.
    else if (frame.type === 'drain') {
      const ms = askedMs(frame.retryMs, Math.random() * maxSpreadMs)
      this.#leavingAt = performance.now() + ms
      this.#retryIn(ms)
    } else this.#options.frame(frame, reading)
  }

  /** Without what renews, the server ends the link with the credential, and the next one brings another. */
  #renew(greeting: Greeting): void {
    if (greeting.expiresAt)
      this.#renewal ??= import('./renewal.js').then(
        ({ Renewal }) => new Renewal(this, this.#options.times.renewMs),
        // It is loaded with the next one.
        () => (this.#renewal = undefined),
      )
    void this.#renewal?.then((renewal) => renewal?.until(greeting))
  }

  #connect(): void {
    const { policy, times, readings } = this.#options
    clearTimeout(this.#retry)
    this.#leaveTrials()
    if (!this.link) this.#set('connecting')
    const credential = this.ask()
    const order = policy.order()
    this.#endRace = race(
      order,
      times.headStartMs,
      (transport, won, failed) => this.#enter(transport, credential, won, failed).read(readings),
      (winner) => {
        for (const link of this.#open.keys())
          if (link !== this.link && order.indexOf(link.transport) > order.indexOf(winner.transport)) this.#leave(link)
        policy.won(winner.transport)
        this.#adopt(winner)
      },
      (error) => this.#fail(error),
    )
  }

  #adopt(next: Link): void {
    clearTimeout(this.#retry)
    if (this.#before) this.#leave(this.#before)
    const before = this.link
    this.#before = before
    if (before)
      this.#open.set(
        before,
        setTimeout(() => this.#leave(before), overlapMs),
      )
    this.link = next
    if (this.#openedAt) this.reconnects++
    this.#openedAt = performance.now()
    this.#refusals = 0
    this.#options.decided(`${next.transport}: proven in ${Math.round(next.connectMs)} ms`)
    next.read(this.#options.readings)
    this.#set('open')
    this.#lookForBetter(next.transport, this.#options.times.probeMs)
  }

  /** The link in use is gone. */
  #lose(link: Link, error: AnywireError, largestBytes?: number): void {
    const { decided, policy } = this.#options
    decided(`${link.transport}: lost: ${error.message}`)
    policy.lost(link.transport, performance.now() - this.#openedAt)
    this.#leave(link)
    this.link = undefined
    // Whichever was too large for what lies between, the largest is.
    if (largestBytes) this.#frameBytes = largestBytes - 1
    this.#fail(error)
  }

  /**
   * An attempt was in vain, or there is no link any more: waits and tries again, unless trying again would change
   * nothing.
   */
  #fail(error: AnywireError): void {
    const { policy, times } = this.#options
    // One that has been silent is given up when no successor can be had.
    if (this.link && this.link === this.#silent) return this.#lose(this.link, error)
    let waitMs = Math.max(policy.wait(error), this.#leavingAt - performance.now())
    if (!this.link) {
      const refused = error.code === 'unauthorized'
      if (refused && this.#refusals++) waitMs = Math.max(waitMs, times.refusedMs * 2 ** (this.#refusals - 2))
      const never = error.meaning.retry === 'never' && error.code !== 'too-large'
      if (never || this.#refusals > maxRefusals) return this.close(error)
    }
    this.#retryIn(waitMs)
    if (this.link) return
    clearTimeout(this.#probe)
    this.#set('waiting', error)
  }

  #retryIn(ms: number): void {
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.#connect(), ms)
  }

  /** Make before break: a better transport must be proven and hold a while before it takes over. */
  #lookForBetter(transport: Transport, ms: number): void {
    const { policy, times } = this.#options
    const again = () => this.#lookForBetter(transport, Math.min(ms * 2, maxProbeMs))
    const look = () => {
      policy.lived(transport)
      void loadOverPost().catch(() => {})
      const better = policy.better(transport)
      if (!better) return again()
      const proven = (link: Link) =>
        void this.#open.set(
          link,
          setTimeout(() => this.#adopt(link), times.trialMs),
        )
      this.#enter(better, this.ask(), proven, () => {
        policy.demote(better)
        again()
      })
    }
    clearTimeout(this.#probe)
    this.#probe = setTimeout(look, ms)
  }
}

function isGreeting(frame: ServerFrame): frame is Greeting {
  return frame.type === 'welcome' || frame.type === 'authenticated'
}
