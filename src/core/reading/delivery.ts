/** Delivery: how a subscription begins, and what moves it from then on. */
import { setImmediate } from 'node:timers/promises'
import { AnywireError } from '../../protocol/error.js'
import type { Framing } from '../../protocol/framing.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Offset, Position } from '../../protocol/offset.js'
import type { OnEvent } from '../events.js'
import type { Limits } from '../limits.js'
import type { ChannelLog } from '../log/channel-log.js'
import type { Held } from '../log/followed.js'
import { Follower, retryMs } from '../log/follower.js'
import { Policies } from '../log/policies.js'
import { Reads } from '../log/reads.js'
import { sliceAlign } from '../log/slices.js'
import { type Meter, noMeter } from '../meter.js'
import type { ResolvedRule } from '../rule.js'
import type { Limit, ReadResult, Store } from '../store.js'
import type { Tracing } from '../tracing.js'
import { Turns } from '../turns.js'
import { Wheel } from '../wheel.js'
import { Channel, type ChannelHost } from './channel.js'
import type { Connection } from './connection.js'
import { FanOut } from './fan-out.js'
import { Notices } from './notices.js'
import { Pacer } from './pacer.js'
import { Pumps } from './pumps.js'
import { Subscription, type SubscriptionOptions } from './subscription.js'

/** A subscription about to begin: the first page (or the gap) is known, nothing has been sent. */
export interface Opening {
  readonly log: ChannelLog
  readonly result: ReadResult
  /** Where reading begins; undefined for a gap or a channel that is gone. */
  readonly position: Offset | undefined
  /** Begins it: sends the first page and all that follows. */
  start(connection: Connection, framing: Framing, options?: SubscriptionOptions): Subscription
  /** Releases the channel without reading. */
  release(): void
}

/** Is told who reads, of channels whose rule has `presence`, of their rosters, and of statistics. */
export interface Audience {
  joined(subscription: Subscription, connection: Connection, rule: AudienceRule): void
  /** `leaves`: the reader wants no more of it; otherwise it was cut off, and may come back. */
  left(subscription: Subscription, rule: AudienceRule, leaves: boolean): void
}

type AudienceRule = Pick<ResolvedRule, 'pattern' | 'config'> &
  Partial<Pick<ResolvedRule, 'presence' | 'rosterOf' | 'countsOnly' | 'statistics'>>

function hasAudience({ presence, rosterOf, statistics }: AudienceRule): boolean {
  return presence !== undefined || rosterOf !== undefined || statistics !== undefined
}

export interface DeliveryOptions {
  readonly store: Store
  readonly limits: Limits
  /** What holds for a channel: its type while nobody has written it, and how much of it is to be kept. */
  readonly ruleOf: (channel: ChannelName) => AudienceRule
  /** @default nobody is told */
  readonly audience?: Audience | undefined
  /** @default noMeter */
  readonly meter?: Meter | undefined
  /** @default nobody is told */
  readonly tracing?: Tracing | undefined
  /** @default nobody is told of gaps */
  readonly tell?: OnEvent | undefined
  readonly onError: (thrown: unknown) => void
}

export class Delivery {
  readonly wheel: Wheel
  readonly limits: Limits
  readonly reads: Reads
  readonly policies: Policies
  readonly #meter: Meter
  readonly #ruleOf: DeliveryOptions['ruleOf']
  readonly #audience: Audience | undefined
  readonly #follower: Follower
  /** The one scheduler: for everything that loops over readers or connections. */
  readonly turns: Turns
  /** Subscriptions. */
  #subscriptions = 0
  /** Those being opened. */
  #openings = 0
  /** The rules of readings that began before they changed. */
  #formerRules: WeakMap<Subscription, AudienceRule> | undefined
  #closed = false

  constructor({ store, limits, ruleOf, audience, meter = noMeter, tracing, tell, onError }: DeliveryOptions) {
    const wheel = new Wheel(onError)
    const turns = new Turns(onError)
    const reads = new Reads(store, limits.readsAtOnce, limits.storeMs)
    const policies = new Policies({ store, wheel, policyOf: (channel) => ruleOf(channel).config, onError })
    const pumps = new Pumps(turns, onError)
    const fanOut = new FanOut(turns, meter, onError)
    const notices = new Notices(turns)
    const away = (channel: Channel, isAway: boolean) => notices.add(channel, isAway)
    const pacer = new Pacer(wheel, pumps)
    const host: ChannelHost = {
      limits,
      reads,
      wheel,
      grew: (channel) => fanOut.add(channel),
      paged: (page) => pumps.goOn(page),
      pump: (channel, subscriptions) => pumps.add(channel, subscriptions),
      pace: (subscription, on) => (on ? pacer.add(subscription) : pacer.remove(subscription)),
      resync: (channel, lost) => {
        if (lost) meter.wakeUpLost()
        this.#follower.resync(channel)
      },
      unread: (channel) => this.#follower.resyncLater(channel),
      lost: ({ transport, log, connectionId: connection }, { reason, missed }) => {
        meter.gap(transport, reason)
        tell?.({ event: 'gap', channel: log.name, transport, reason, missed, connection })
      },
      joined: ({ name }, { transport }) => {
        this.#subscriptions++
        meter.joined(transport, ruleOf(name).pattern)
      },
      left: (channel, subscription, leaves) => {
        this.#subscriptions--
        this.#follower.rest(channel)
        const rule = this.#formerRules?.get(subscription) ?? ruleOf(channel.name)
        meter.left(subscription.transport, rule.pattern)
        const { transport } = subscription
        tracing?.closed(subscription, { channel: channel.name, rule: rule.pattern, transport })
        if (hasAudience(rule)) audience?.left(subscription, rule, leaves)
      },
    }
    const create = (name: ChannelName) => new Channel(name, ruleOf(name).config.contentType, host)
    this.limits = limits
    this.wheel = wheel
    this.reads = reads
    this.policies = policies
    this.#meter = meter
    this.#ruleOf = ruleOf
    this.#audience = audience
    this.turns = turns
    this.#follower = new Follower({ store, limits, reads, policies, wheel, turns, meter, create, away, onError })
  }

  /** Rules are about to change: readings that there are end by the rule by which they began. */
  rulesChange(): void {
    const former = this.#formerRules ?? new WeakMap<Subscription, AudienceRule>()
    this.#formerRules = former
    for (const { name, subscriptions } of this.channels()) {
      const rule = this.#ruleOf(name)
      for (const subscription of subscriptions) if (!former.has(subscription)) former.set(subscription, rule)
    }
    this.policies.forget()
  }

  /** Channels followed, readings of them, and memory in bytes that their windows take. */
  count(): { channels: number; subscriptions: number; windowBytes: number } {
    const { size, windowBytes } = this.#follower
    return { channels: size, subscriptions: this.#subscriptions, windowBytes }
  }

  /** The channels that are followed. */
  channels(): Iterable<Channel> {
    return this.#follower.channels()
  }

  /** Whether all known messages have been handed to the readers that have room for them. */
  get settled(): boolean {
    return this.turns.idle && !this.#follower.asking && this.reads.pending === 0
  }

  /** Resolves when no reader has anything left to do and no read of the store is under way, or when it is closed. */
  async settle(): Promise<void> {
    while (!this.#closed && (!this.turns.idle || this.reads.pending > 0)) {
      await this.reads.idle()
      await setImmediate()
    }
  }

  /**
   * Follows the channel and reads its first page after `position`, or the gap there. Answers without a promise if the
   * window knows the position.
   */
  open(name: ChannelName, position: Position): Opening | Promise<Opening> {
    this.#checkReadings()
    const held = this.#follower.hold(name)
    this.#openings++
    const known = held.following ? undefined : fromWindow(held.channel.log, position)
    return known ? this.#opening(held, position, known) : this.#openFromStore(held, position)
  }

  /** The store has failed: checks the head of every channel. */
  doubt(): void {
    this.#follower.doubt()
  }

  /** Ends all following, as of `Follower`. */
  close(): void {
    this.#closed = true
    this.#follower.close()
  }

  async #openFromStore(held: Held, position: Position): Promise<Opening> {
    const { channel, following } = held
    try {
      if (following) await following
      const result = fromWindow(channel.log, position) ?? (await this.#firstPage(channel.name, position))
      return this.#opening(held, position, result)
    } catch (thrown) {
      this.#release(held)
      throw thrown
    }
  }

  #checkReadings(): void {
    const { subscriptions } = this.limits
    if (this.#subscriptions + this.#openings < subscriptions) return
    throw new AnywireError(
      'too-many',
      `This server already has ${subscriptions} subscriptions (the limit "subscriptions"); try again later.`,
      { details: { retryMs: retryMs() } },
    )
  }

  #firstPage(name: ChannelName, position: Position): Promise<ReadResult> {
    const limit: Limit = { messages: this.limits.pageMessages, bytes: this.limits.sliceBytes, align: sliceAlign }
    if (position.kind === 'snapshot') return this.reads.snapshot(name, { after: undefined, until: undefined }, limit)
    return this.reads.fresh(name, position, limit)
  }

  #opening(held: Held, asked: Position, result: ReadResult): Opening {
    const { channel } = held
    let isHeld = true
    const release = () => {
      if (isHeld) this.#release(held)
      isHeld = false
    }
    return {
      log: channel.log,
      result,
      position: result.kind === 'page' ? result.from : undefined,
      release,
      start: (connection, framing, options = {}) => {
        const from = result.kind === 'page' ? result.from : ''
        const { transport } = connection
        if (asked.kind === 'at') this.#meter.resumed(transport, result.kind === 'page' ? 'whole' : 'gap')
        const rule = this.#ruleOf(channel.name)
        const tally = this.#meter.tally(transport, rule.pattern)
        const subscription = new Subscription(channel, connection, framing, from, options, tally)
        channel.add(subscription)
        connection.add(subscription)
        if (hasAudience(rule)) this.#audience?.joined(subscription, connection, rule)
        release()
        subscription.begin(result, asked.kind === 'snapshot')
        return subscription
      },
    }
  }

  #release(held: Held): void {
    this.#openings--
    held.release()
  }
}

/** The first page, if the window knows the position: no messages yet. */
function fromWindow(log: ChannelLog, position: Position): ReadResult | undefined {
  const { exists, closed, head } = log
  // A read renews the TTL, and only the store knows whether a channel is gone.
  if (log.ttlSeconds !== undefined || head === '') return undefined
  const from = position.kind === 'now' ? head : position.kind === 'at' ? position.offset : undefined
  if (from === undefined || !log.knows(from)) return undefined
  const contentType = exists ? log.contentType : undefined
  const info = { exists, contentType, earliest: from, head, closed }
  return { kind: 'page', info, from, to: from, messages: [], upToDate: from === head }
}
