/** A connection: one client's wire, principal and subscriptions. It ends with its wire. */
import type { AnywireError, ErrorCode } from '../../protocol/error.js'
import type { Gap, Slice } from '../../protocol/message.js'
import type { Principal } from '../rule.js'
import type { Timed, Wheel } from '../wheel.js'
import type { Wire } from '../wire.js'
import { gapError } from './gap-error.js'
import type { Subscription, SubscriptionConnection } from './subscription.js'

let ids = 0

const noEvents: ConnectionEvents = {}
const none: readonly Subscription[] = []

/** The wire of a connection whose own is gone. */
const goneWire: Wire = {
  drained: undefined,
  closed: undefined,
  room: false,
  sent: 0,
  received: 0,
  write: () => false,
  close: () => undefined,
  destroy: () => undefined,
}

export interface ConnectionTimes {
  readonly heartbeatMs: number
  readonly stallMs: number
}

export interface ConnectionOptions {
  readonly wire: Wire
  /** Bytes that keep a silent connection alive. Absent: none are sent. */
  readonly heartbeat?: Buffer | undefined
  readonly principal: Principal
  /** How messages are spelt and carried, for the meter. @default 'other' */
  readonly transport?: string | undefined
  readonly wheel: Wheel
  readonly times: ConnectionTimes
  /** The client must send something: a silence of three heartbeats at most ends the connection. */
  readonly talks?: boolean
  /** It carries one subscription only: when that ends, the wire is closed. */
  readonly single?: boolean
}

/** Events for the owner of a connection. Every member is optional. */
export interface ConnectionEvents {
  /** Instead of the framing's gap: answers whether reading goes on. */
  gap?(subscription: Subscription, gap: Gap): boolean
  /** The position of a reading has moved: by a slice, or over a gap. */
  moved?(subscription: Subscription): void
  /** A subscription has ended while the connection stays: its channel was read to the end, or it was too slow. */
  left?(subscription: Subscription, reason?: AnywireError): void
  /** There is room again, and no subscription has used it yet. */
  writable?(): void
  /** There is room again, and all subscriptions that waited for it have continued. */
  drained?(): void
  /** It is about to be closed in good order: the last chance to write. */
  ending?(): void
  /** The wire is gone. */
  closed?(): void
}

/** Keeps count of connections. */
export interface Registry {
  /** It has another principal than `before`. */
  identified(connection: Connection, before: Principal): void
  /** The wire is gone. `code`: why it was closed, if there was a reason. */
  remove(connection: Connection, code: ErrorCode | undefined): void
}

export class Connection implements Timed, SubscriptionConnection {
  tick = 0
  older: Timed | undefined
  newer: Timed | undefined
  /** Unique in this process. */
  readonly id = ++ids
  readonly transport: string
  #wire: Wire
  #principal: Principal
  /** The only subscription; undefined once there were two. Most connections have one, and a set takes 200 bytes. */
  #one: Subscription | undefined
  #many: Set<Subscription> | undefined
  #events: ConnectionEvents = noEvents
  #full = false
  readonly #heartbeat: Buffer | undefined
  #registry: Registry | undefined
  readonly #wheel: Wheel
  readonly #times: ConnectionTimes
  readonly #talks: boolean
  readonly #single: boolean
  #closed = false
  /** It was ended for taking or saying nothing. */
  #stalls = false
  /** Why it was closed. */
  #code: ErrorCode | undefined
  #sent = 0
  #received = 0
  #silentMs = 0
  #fullMs = 0

  constructor(options: ConnectionOptions) {
    this.#wire = options.wire
    this.transport = options.transport ?? 'other'
    this.#heartbeat = options.heartbeat
    this.#principal = options.principal
    this.#wheel = options.wheel
    this.#times = options.times
    this.#talks = options.talks ?? false
    this.#single = options.single ?? false
    options.wire.drained = () => this.#drained()
    options.wire.closed = () => this.#over()
    this.#wheel.schedule(this, this.#period)
  }

  /** What its bytes travel on; once that is gone, one that takes nothing. */
  get wire(): Wire {
    return this.#wire
  }

  /** The wire has no room: its subscriptions wait. */
  get full(): boolean {
    return this.#full
  }

  get principal(): Principal {
    return this.#principal
  }

  get subscriptions(): ReadonlySet<Subscription> {
    return this.#many ?? new Set(this.#one && [this.#one])
  }

  /** It was ended because it took, or said, nothing for too long. */
  get stalled(): boolean {
    return this.#stalls
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Called once: its owner. */
  listen(events: ConnectionEvents): void {
    this.#events = events
  }

  /** The registry is notified when the wire is gone. */
  register(registry: Registry): void {
    this.#registry = registry
  }

  /** Its client has authenticated again. */
  identify(principal: Principal): void {
    const before = this.#principal
    this.#principal = principal
    this.#registry?.identified(this, before)
  }

  add(subscription: Subscription): void {
    if (this.#many) this.#many.add(subscription)
    else if (this.#one === undefined) this.#one = subscription
    else {
      this.#many = new Set([this.#one, subscription])
      this.#one = undefined
    }
  }

  remove(subscription: Subscription): void {
    if (this.#one === subscription) this.#one = undefined
    else this.#many?.delete(subscription)
  }

  /** Those of now: they may come and go meanwhile. */
  get #all(): readonly Subscription[] {
    if (this.#many) return [...this.#many]
    return this.#one ? [this.#one] : none
  }

  /** Writes a slice (named), or what is not part of a log: answers, gaps, heartbeats. False: no room any more. */
  write(bytes: Buffer, slice?: Slice): boolean {
    if (this.#closed) return false
    if (!this.#wire.write(bytes, slice)) this.#full = true
    return !this.#full
  }

  moved(subscription: Subscription): void {
    this.#events.moved?.(subscription)
  }

  conflated(subscription: Subscription, gap: Gap): void {
    this.#events.gap?.(subscription, gap)
  }

  announce(subscription: Subscription, gap: Gap): boolean {
    if (this.#events.gap) return this.#events.gap(subscription, gap)
    const { framing, log } = subscription
    const bytes = framing.gap?.(log.name, gap)
    if (bytes) {
      this.write(bytes)
      return true
    }
    this.close(gapError(log.name, gap))
    return false
  }

  ended(subscription: Subscription, slice: Slice): void {
    const bytes = subscription.framing.end?.(slice)
    if (bytes) this.write(bytes)
    this.end(subscription)
  }

  end(subscription: Subscription, reason?: AnywireError): void {
    subscription.close()
    this.#events.left?.(subscription, reason)
    if (this.#single) this.close(reason)
  }

  /** Ends in good order: messages in the windows are sent first, as far as there is room. */
  finish(reason?: AnywireError): void {
    this.flush()
    this.close(reason)
  }

  /** Sends the messages in the windows, as far as there is room, without waiting for the fan-out. */
  flush(): void {
    for (const subscription of this.#all) {
      if (this.#full) return
      subscription.flush()
    }
  }

  close(reason?: AnywireError): void {
    this.cut(reason)?.()
  }

  /**
   * As `close`, in two steps. From now on nothing is read for it, and what it sends is ignored. The returned function
   * tells the client, which costs far more. Undefined: it is closed already.
   */
  cut(reason?: AnywireError): (() => void) | undefined {
    if (this.#closed) return undefined
    this.#code = reason?.code
    this.#events.ending?.()
    this.#leave()
    const wire = this.#wire
    return () => wire.close(reason)
  }

  /** On the wheel: heartbeat, silence, stall. */
  fire(): void {
    const period = this.#period
    if (this.#full) {
      this.#fullMs = this.#wire.sent === this.#sent ? this.#fullMs + period : 0
      if (this.#fullMs >= this.#times.stallMs) return this.#stalled()
    } else this.#fullMs = 0
    if (this.#talks) {
      // A client without room cannot be pinged. The check above watches what it takes instead.
      const silent = !this.#full && this.#wire.received === this.#received
      this.#silentMs = silent ? this.#silentMs + period : 0
      // What came last came up to a period before those that are counted.
      if (this.#silentMs + period >= this.#times.heartbeatMs * 3) return this.#stalled()
    }
    // A client that only receives, as a browser does, is pinged too: its answer shows that it is alive.
    const quiet = this.#wire.sent === this.#sent || this.#silentMs >= this.#times.heartbeatMs
    if (this.#heartbeat && !this.#full && quiet) this.write(this.#heartbeat)
    this.#sent = this.#wire.sent
    this.#received = this.#wire.received
    this.#wheel.schedule(this, period)
  }

  /** A whole period without traffic is at most `heartbeatMs` of silence, since the period is half of it. */
  get #period(): number {
    return Math.min(this.#times.heartbeatMs / 2, this.#times.stallMs / 2)
  }

  #stalled(): void {
    this.#stalls = true
    this.#wire.destroy()
    this.#over()
  }

  #drained(): void {
    this.#full = false
    this.#events.writable?.()
    for (const subscription of this.#all) {
      if (this.#full || this.#closed) return
      if (subscription.state !== 'waiting') continue
      // It goes to the end of the line: next time the others are served first.
      this.remove(subscription)
      this.add(subscription)
      subscription.drained()
    }
    if (!this.#full) this.#events.drained?.()
  }

  #over(): void {
    this.#leave()
    const events = this.#events
    const { closed } = events
    this.#events = noEvents
    closed?.call(events)
    this.#registry?.remove(this, this.#code)
    this.#registry = undefined
    // Sets that it was in keep it for a while (see `Wheel`), but not its response or socket.
    this.#wire = goneWire
  }

  #leave(): void {
    if (this.#closed) return
    this.#closed = true
    this.#full = true
    this.#wheel.cancel(this)
    for (const subscription of this.#all) subscription.close(this.#wire.farewell)
  }
}
