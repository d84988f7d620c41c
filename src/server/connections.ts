/** All connections of a hub: counted, ended when their principal expires, disconnected, drained. */
import { setImmediate } from 'node:timers/promises'
import type { OnEvent } from '../core/events.js'
import { type Limits, limitDefaults } from '../core/limits.js'
import { type Meter, noMeter } from '../core/meter.js'
import { Pending } from '../core/pending.js'
import type { Connection, Registry } from '../core/reading/connection.js'
import type { Principal } from '../core/rule.js'
import { budgetMs, type Source, type Turns } from '../core/turns.js'
import { timed, type Wheel } from '../core/wheel.js'
import type { Wire } from '../core/wire.js'
import { AnywireError, type ErrorCode } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'
import { by } from './by.js'
import { type Arrival, Arrivals, type Selector, sentAway } from './door/arrivals.js'
import type { ConnectionCounter } from './door/connection-counter.js'
import { type Ending, Endings } from './endings.js'
import type { FormHooks } from './form-hooks.js'
import { type Leaver, leavingError, switchMs } from './paced-drain.js'
import { type Ender, Registration } from './registration.js'

export interface ConnectionsOptions {
  readonly wheel: Wheel
  readonly turns: Turns
  readonly counter: ConnectionCounter
  /** @default noMeter */
  readonly meter?: Meter | undefined
  /** They may change meanwhile. @default limitDefaults */
  readonly limits?: Pick<Limits, 'rotateMs'> | undefined
  /** @default nobody is told of stalled connections, and of those that were disconnected */
  readonly tell?: OnEvent | undefined
  /** A client has authenticated as somebody else. @default nobody is told */
  readonly identified?: ((connection: Connection) => void) | undefined
  /** The name of this node, before the number of a connection in a selector. @default '' */
  readonly node?: (() => string) | undefined
}

/** Connections that are asked without waiting for a turn: all of the hub, or of one principal. */
const atOnce = 100

/** Notifies the clients that were disconnected, one after another, as that takes long. */
class ClosingNotices implements Source {
  #waiting: (() => void)[] = []
  readonly #turns: Turns

  constructor(turns: Turns) {
    this.#turns = turns
  }

  add(tell: () => void): void {
    this.#waiting.push(tell)
    if (this.#waiting.length === 1) this.#turns.add(this)
  }

  work(deadline: number): boolean {
    let told = 0
    try {
      do this.#waiting[told++]?.()
      while (told < this.#waiting.length && performance.now() < deadline)
    } finally {
      this.#waiting = this.#waiting.slice(told)
    }
    return this.#waiting.length === 0
  }
}

export class Connections implements Registry, Ender {
  readonly #entries = new Map<Connection, Registration>()
  readonly #arrivals = new Arrivals()
  readonly #wheel: Wheel
  readonly #counter: ConnectionCounter
  readonly #meter: Meter
  readonly #identified: ConnectionsOptions['identified']
  /** Those of each principal, by its id. */
  readonly #principals = new Map<string, Set<Connection>>()
  readonly #notices: ClosingNotices
  readonly #endings: Endings
  readonly #limits: Pick<Limits, 'rotateMs'>
  readonly #tell: OnEvent | undefined
  /** The `id` of the connection that came last. */
  #newest = 0
  readonly #node: () => string

  constructor({
    wheel,
    turns,
    counter,
    limits = limitDefaults,
    meter = noMeter,
    identified,
    tell,
    node = () => '',
  }: ConnectionsOptions) {
    this.#node = node
    this.#tell = tell
    this.#limits = limits
    this.#identified = identified
    this.#wheel = wheel
    this.#counter = counter
    this.#meter = meter
    this.#notices = new ClosingNotices(turns)
    this.#endings = new Endings(turns, () => this.#entries.keys())
  }

  get size(): number {
    return this.#entries.size
  }

  /** Each of them: for statistics. */
  all(): Iterable<readonly [Connection, Pick<Registration, 'address' | 'since'>]> {
    return this.#entries
  }

  /** Requests that are being answered and have no connection yet. */
  get arriving(): number {
    return this.#arrivals.size
  }

  /** @throws AnywireError `too-many` if `add` would. */
  checkRoom(address: string): void {
    this.#counter.check(address)
  }

  /**
   * Keeps the connection until its wire is gone; ends it when its principal expires.
   * @throws AnywireError `too-many` for an address that is counted.
   */
  add(connection: Connection, hooks?: FormHooks, address?: string): void {
    if (address !== undefined) this.#counter.enter(address)
    const entry = new Registration(this, connection, hooks, address)
    this.#entries.set(connection, entry)
    this.#newest = connection.id
    this.#index(connection)
    this.#meter.opened(connection.transport)
    connection.register(this)
    const { lifeMs } = entry.hooks
    if (this.#limits.rotateMs !== null && lifeMs === undefined && address !== undefined) this.#rotate(entry)
    const { expiresAt = Number.POSITIVE_INFINITY } = connection.principal
    if (lifeMs === undefined || expiresAt - Date.now() < lifeMs) this.renew(connection)
    else this.#wheel.schedule(entry, lifeMs)
  }

  remove(connection: Connection, code: ErrorCode | undefined): void {
    const entry = this.#entries.get(connection)
    if (!entry) return
    this.#wheel.cancel(entry)
    if (entry.rotation) this.#wheel.cancel(entry.rotation)
    if (entry.address !== undefined) this.#counter.leave(entry.address)
    this.#entries.delete(connection)
    entry.over()
    this.#forget(connection, connection.principal)
    const { transport, stalled, principal, id } = connection
    this.#meter.closed(transport, code)
    if (!stalled) return
    this.#meter.dismissed('stalled', 1)
    this.#tell?.({ event: 'stalled', transport, principal: principal.id, connection: id })
  }

  /** The time of its form is up, or its credential has expired or is about to. */
  due(entry: Registration): void {
    const { connection, hooks, until } = entry
    if (until === undefined) return hooks.timeUp ? hooks.timeUp() : connection.finish()
    // A timer holds 24.8 days at most; the wheel looks again until the time has come.
    if (until > Date.now()) this.renew(connection)
    else if (hooks.comesBack) connection.finish(comeBack())
    else connection.close(new AnywireError('unauthorized', 'The credential has expired; come back with a new one.'))
  }

  identified(connection: Connection, before: Principal): void {
    this.#forget(connection, before)
    this.#index(connection)
    this.#identified?.(connection)
  }

  /** The connections of a principal. */
  of(principal: string): ReadonlySet<Connection> {
    return this.#principals.get(principal) ?? nobody
  }

  /** Applies the principal's expiry again, after the client sent another credential. */
  renew(connection: Connection): void {
    const entry = this.#entries.get(connection)
    if (entry === undefined) return
    this.#wheel.cancel(entry)
    const { expiresAt } = connection.principal
    if (expiresAt === undefined) return
    const until = entry.hooks.comesBack ? expiresAt - aheadOf(expiresAt - Date.now()) : expiresAt
    entry.until = until
    this.#wheel.schedule(entry, Math.min(Math.max(0, until - Date.now()), 86_400_000))
  }

  /** A request has come: it is ended too if its principal is disconnected before it has a connection. */
  arrive(): Arrival {
    return this.#arrivals.begin()
  }

  /**
   * Ends the connections that match, with those being opened, and resolves with how many they were: at once where few
   * have to be asked, otherwise in turns. What comes meanwhile is not meant. Nothing is delivered to them or accepted
   * from them any more; their clients are notified in turns.
   */
  disconnect(selector: Selector): Promise<number> {
    this.#arrivals.hear(selector)
    const { principal, channel, connection: one } = selector
    const newest = this.#newest
    const end = (connection: Connection) => {
      if (connection.id > newest || (principal !== undefined && connection.principal.id !== principal)) return false
      if (one !== undefined && one !== `${this.#node()}/${connection.id}`) return false
      return this.#send(connection, channel)
    }
    return new Promise((resolve) => {
      const done = (count: number) => {
        this.#told('disconnected', count, selector)
        resolve(count)
      }
      this.#end(selector, done, { end, done })
    })
  }

  /**
   * Ends connections of clients that are refused, in turns: all, or those of one principal, or readers of one channel.
   * What is asked with the same `refusal` meanwhile, or of the same channel, is done together with it.
   */
  end(selector: Selector, refusal: (principal: Principal) => AnywireError | undefined): void {
    const { channel } = selector
    const end = (connection: Connection) => {
      if (this.#entries.get(connection)?.address === undefined) return false
      const reason = refusal(connection.principal)
      return reason !== undefined && this.#send(connection, channel, reason)
    }
    this.#end(selector, channel ?? refusal, { end, done: (count) => this.#told('revoked', count, selector) })
  }

  /** Few are asked without waiting for a turn. */
  #end({ principal }: Selector, key: unknown, ending: Ending): void {
    const asked = principal === undefined ? this.#entries : this.of(principal)
    if (asked.size > atOnce) this.#endings.ask(key, ending)
    else ending.done([...asked.keys()].filter((one) => !one.closed && ending.end(one)).length)
  }

  /** Answers whether it was ended, or has lost the channel. Its client is notified in turns. */
  #send(connection: Connection, channel?: ChannelName, reason?: AnywireError): boolean {
    const hooks = this.#entries.get(connection)?.hooks
    if (channel !== undefined && !(hooks?.reads?.(channel) ?? reads(connection, channel))) return false
    const tell =
      channel !== undefined && hooks?.revoke ? hooks.revoke(channel, reason) : connection.cut(reason ?? sentAway())
    if (tell) this.#notices.add(tell)
    return true
  }

  #told(event: 'disconnected' | 'revoked', connections: number, selector: Selector): void {
    if (connections === 0) return
    this.#meter.dismissed(event, connections)
    const { principal, channel, connection: one } = selector
    this.#tell?.({ event, connections, principal, channel, one })
  }

  /** All clients that can be sent elsewhere: a reader in this process cannot. */
  leavers(): Leaver[] {
    return [...this.#entries].flatMap(([connection, entry]) => {
      const { hooks, address } = entry
      if (address === undefined) return []
      const gone = () =>
        new Promise<void>((resolve) => {
          if (!this.#entries.has(connection)) return resolve()
          entry.gone = resolve
        })
      const { switches = false, asksAgain = false } = hooks
      const tell = hooks.drain && ((retryMs: number) => hooks.drain?.(retryMs, connection))
      return [{ connection, tell, switches, asksAgain, gone }]
    })
  }

  /**
   * Closes all connections, each with its own time to reconnect, at most `maxRetryMs`. Resolves when everything written
   * to them has been sent, at the latest at `deadline` (by `performance.now()`): the rest is dropped.
   */
  async drain(maxRetryMs: number, deadline: number): Promise<void> {
    const leaving = new Set<Wire>()
    const ended = new Pending()
    for (const source of [this.#endings, this.#notices]) {
      while (!source.work(performance.now() + budgetMs)) await setImmediate()
    }
    let sliceEnd = performance.now() + budgetMs
    for (const [connection, { hooks }] of [...this.#entries]) {
      if (connection.closed) continue
      const { wire } = connection
      leaving.add(wire)
      const retryMs = Math.round(Math.random() * maxRetryMs)
      hooks.drain?.(retryMs, connection)
      connection.finish(leavingError(retryMs))
      if (wire.ended) ended.track(endOf(wire)).then(() => leaving.delete(wire))
      else leaving.delete(wire)
      if (performance.now() < sliceEnd) continue
      await setImmediate()
      sliceEnd = performance.now() + budgetMs
    }
    await by(deadline, ended.idle())
    for (const wire of leaving) wire.destroy()
  }

  /** Lets it be renewed when its time has come: random, so that those who came together do not come back together. */
  #rotate(entry: Registration): void {
    const { hooks, connection } = entry
    const end = timed(() => connection.finish(leavingError(backMs)))
    const begin = timed(() => {
      hooks.drain?.(backMs, connection)
      if (!hooks.switches) return end.fire()
      entry.rotation = end
      this.#wheel.schedule(end, backMs + switchMs)
    })
    entry.rotation = begin
    this.#wheel.schedule(begin, (this.#limits.rotateMs ?? 0) * (1 + Math.random() / 10))
  }

  #index(connection: Connection): void {
    const { id } = connection.principal
    const own = this.#principals.get(id)
    if (own) own.add(connection)
    else this.#principals.set(id, new Set([connection]))
  }

  #forget(connection: Connection, { id }: Principal): void {
    const own = this.#principals.get(id)
    own?.delete(connection)
    if (own?.size === 0) this.#principals.delete(id)
  }
}

const nobody: ReadonlySet<Connection> = new Set()

/** Resolves when all that was written to the wire has left, or cannot leave any more. */
function endOf(wire: Wire): Promise<void> {
  return new Promise((resolve) => wire.ended?.(resolve))
}

/**
 * How long before its credential expires a client is told to come back: a tenth of the time that is left, at most 30 s,
 * and random, since many credentials expire together.
 */
function aheadOf(leftMs: number): number {
  return Math.max(leastAheadMs, Math.random() * Math.min(leftMs / 10, 30_000))
}

/** When a client whose connection is renewed comes back: soon, since others do not at the same time. */
const backMs = 100

/** The wheel may be a little late. */
const leastAheadMs = 100

function comeBack(): AnywireError {
  return new AnywireError('draining', 'The credential expires soon; connect again, with a new one.')
}

function reads({ subscriptions }: Connection, channel: ChannelName): boolean {
  return [...subscriptions].some(({ log }) => log.name === channel)
}
