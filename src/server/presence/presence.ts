/** Presence: who reads the channels whose rule has `presence`, told by their rosters `$presence/<channel>`. */
import { spellState } from '../../core/presence/options.js'
import type { Connection } from '../../core/reading/connection.js'
import type { Audience } from '../../core/reading/delivery.js'
import type { Subscription } from '../../core/reading/subscription.js'
import type { Incoming, ResolvedPresence, RuleContext } from '../../core/rule.js'
import { timed } from '../../core/wheel.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Context } from '../context.js'
import { local } from '../forms/local-connection.js'
import { viewTransport } from '../keyed-view.js'
import { logKey } from '../log-key.js'
import { Leases, type LeasesContext } from './leases.js'
import type { Count, Member } from './member.js'
import { exited } from './readers.js'
import { Roster } from './roster.js'
import type { Sweeper, Swept } from './swept.js'

export type PresenceContext = LeasesContext & Pick<Context, 'rules'>

/** A reading that counts: whose roster it is in, and under which key. */
interface Counted {
  readonly roster: Roster
  key: string
}

/** Dead nodes and rosters that nobody needs are looked for so often. */
const checkMs = 1_000
/** Members of one channel on one node that are present by what they published alone. */
const mostEntered = 100_000

/** Who is present in a channel. */
export interface PresentMembers {
  readonly members: ReadonlyMap<string, Member>
  /** Set instead where there are more of them than are named. */
  readonly count: Count | undefined
}

export class Presence implements Audience, Sweeper {
  readonly #context: PresenceContext
  readonly leases: Leases
  readonly #rosters = new Map<ChannelName, Roster>()
  readonly #readings = new WeakMap<Subscription, Counted>()
  /** Readings of rosters, and of their counts: what is to be done when they end. */
  readonly #watched = new WeakMap<Subscription, () => void>()
  /** Besides the rosters. */
  readonly #places = new Set<Swept>()
  readonly #check = timed(() => void this.#look())
  /** Rosters that were of no use when they were looked at last. */
  #unused = new Set<Roster>()
  #closed = false

  constructor(context: PresenceContext) {
    this.#context = context
    this.leases = new Leases(context)
  }

  /** Members that the rosters on this node name or count. */
  get present(): number {
    let sum = 0
    for (const { entries, count } of this.#rosters.values()) sum += count?.members ?? entries.size
    return sum
  }

  /** Sweeps a place as it sweeps rosters, until what is answered is called. */
  watch(place: Swept): () => void {
    this.#places.add(place)
    this.#begin()
    return () => this.#places.delete(place)
  }

  joined(subscription: Subscription, connection: Connection, rule: Parameters<Audience['joined']>[2]): void {
    const { transport, principal } = connection
    if (this.#closed || transport === viewTransport) return
    const { name } = subscription.log
    if (rule.rosterOf?.presence) {
      const roster = this.#roster(rule.rosterOf.channel, rule.rosterOf.presence)
      this.#watched.set(subscription, watch(roster, rule.countsOnly))
    } else if (rule.presence && transport !== local.name) {
      const counted = { roster: this.#roster(name, rule.presence), key: logKey(principal.id) }
      this.#readings.set(subscription, counted)
      counted.roster.readers.join(counted.key)
    }
  }

  left(subscription: Subscription, _rule: Parameters<Audience['left']>[1], leaves: boolean): void {
    if (this.#closed) return
    const counted = this.#readings.get(subscription)
    if (counted) counted.roster.readers.left(counted.key, leaves)
    this.#watched.get(subscription)?.()
  }

  /** Its client has authenticated as somebody else. */
  identified(connection: Connection): void {
    const key = logKey(connection.principal.id)
    for (const subscription of connection.subscriptions) {
      const counted = this.#readings.get(subscription)
      if (!counted || counted.key === key) continue
      counted.roster.readers.left(counted.key, true)
      counted.roster.readers.join(key)
      counted.key = key
    }
  }

  /** What a client publishes to a roster is its state; `null` says that it leaves. */
  receive(message: Incoming, { channel, principal }: RuleContext): void {
    const { rosterOf } = this.#context.rules.of(channel)
    message.discard()
    if (!rosterOf?.presence || this.#closed) return
    const { data } = message
    this.say(rosterOf.channel, principal.id, data === undefined ? null : data)
  }

  /**
   * Sets the state of a member, who is present by it for `graceMs` at least; `null` lets it leave.
   * @throws AnywireError `too-large`, `too-many`; `not-acceptable` where the channel's rule has no presence.
   */
  say(channel: ChannelName, id: string, state: unknown): void {
    const roster = this.#rosterOf(channel)
    const { readers } = roster
    const key = logKey(id)
    const text = spellState(state ?? null)
    if (!readers.get(key) && readers.size >= mostEntered) {
      const sentence = `${mostEntered} members are present here already; try again later.`
      throw new AnywireError('too-many', sentence, { details: { retryMs: 10_000 } })
    }
    if (text === exited) roster.leave(key)
    else readers.enter(key, text)
  }

  /** @throws AnywireError `not-acceptable` where the channel's rule has no presence. */
  check(channel: ChannelName): void {
    this.#rosterOf(channel)
  }

  /** Who is present, as the roster says now. @throws AnywireError as `say`; if the store cannot be asked. */
  async members(channel: ChannelName): Promise<PresentMembers> {
    const roster = this.#rosterOf(channel)
    roster.watchers++
    try {
      await this.#known(roster)
      return { members: new Map(roster.entries), count: roster.count }
    } finally {
      roster.watchers--
    }
  }

  /**
   * Before a channel is read that may be a roster: resolves when what dead nodes left in it has been taken away.
   * Undefined: there is nothing to wait for.
   */
  ready(name: ChannelName): Promise<void> | undefined {
    const { rosterOf, countsOnly } = this.#context.rules.of(name)
    if (!rosterOf?.presence || this.#closed) return undefined
    const roster = this.#roster(rosterOf.channel, rosterOf.presence)
    if (roster.known && !countsOnly) return undefined
    const unwatch = watch(roster, countsOnly)
    return this.#known(roster)
      .then(() => (countsOnly ? roster.countLog.ready() : undefined))
      .finally(unwatch)
  }

  close(): void {
    this.#closed = true
    this.#context.delivery.wheel.cancel(this.#check)
    for (const roster of this.#rosters.values()) roster.close()
    this.leases.close()
  }

  /** Resolves when the roster is followed and swept. */
  async #known(roster: Roster): Promise<void> {
    if (roster.known) return
    await Promise.all([this.leases.start(), roster.open()])
    await this.sweep([roster])
    await roster.flush()
    roster.known = true
    roster.countLog.changed()
  }

  #rosterOf(channel: ChannelName): Roster {
    const { presence } = this.#context.rules.of(channel)
    if (presence) return this.#roster(channel, presence)
    const sentence = `The rule of ${JSON.stringify(channel)} has no "presence": nobody is told who reads it.`
    throw new AnywireError('not-acceptable', sentence)
  }

  #roster(channel: ChannelName, presence: ResolvedPresence): Roster {
    const known = this.#rosters.get(channel)
    if (known) return known
    const roster = new Roster({ context: this.#context, channel, presence, leases: this.leases })
    this.#rosters.set(channel, roster)
    roster.open().catch(() => undefined) // it goes on by itself
    this.#begin()
    return roster
  }

  #begin(): void {
    this.leases.start().catch((thrown) => this.#context.report(thrown))
    if (!this.#closed && this.#check.tick === 0) this.#context.delivery.wheel.schedule(this.#check, checkMs)
  }

  /** Looks for dead nodes, and lets go of rosters that nobody needs. Throws nothing. */
  async #look(): Promise<void> {
    const { wheel } = this.#context.delivery
    const unused = new Set([...this.#rosters.values()].filter(({ idle }) => idle))
    for (const [channel, roster] of this.#rosters) {
      if (!unused.has(roster) || !this.#unused.has(roster)) continue
      this.#rosters.delete(channel)
      roster.close()
    }
    this.#unused = unused
    try {
      await this.sweep([...this.#rosters.values(), ...this.#places])
    } catch (thrown) {
      this.#context.report(thrown)
    }
    if (!this.#closed && this.#rosters.size + this.#places.size > 0) wheel.schedule(this.#check, checkMs)
  }

  /** Takes back what dead nodes said there. Rejects if the store cannot be asked. */
  async sweep(places: readonly Swept[]): Promise<void> {
    const silent = new Set<string>()
    for (const place of places) for (const node of place.others()) if (this.leases.isSilent(node)) silent.add(node)
    if (silent.size === 0) return
    // A roster may name a dead node for long: of who has gone elsewhere nothing is written.
    const seeming = [...silent].filter((node) => !this.leases.isDead(node))
    if (seeming.length > 0) await this.leases.judge(seeming)
    for (const place of places) place.sweep()
  }
}

/** Somebody reads a roster, or only its counts, until what is answered is called. */
function watch(roster: Roster, countsOnly = false): () => void {
  const by = countsOnly ? 1 : 0
  roster.watchers++
  roster.countLog.watchers += by
  return () => {
    roster.watchers--
    roster.countLog.watchers -= by
  }
}
