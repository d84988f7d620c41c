/** Delivery: the channels this node follows, and how a reading of one begins. */
import { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'
import type { Offset, Position } from '../protocol/offset.js'
import { Channel, type ChannelHost, sliceAlign } from './channel.js'
import type { Connection } from './connection.js'
import { FanOut } from './fan-out.js'
import type { Limits } from './limits.js'
import { Pacer } from './pacer.js'
import { type Paged, pump, take } from './pump.js'
import { Pumps } from './pumps.js'
import { Reads } from './reads.js'
import { Resyncs } from './resyncs.js'
import type { ChannelInfo, Limit, ReadResult, Store, Wake } from './store.js'
import type { Subscription, SubscriptionOptions } from './subscription.js'
import { Turns } from './turns.js'
import { type Timed, timed, Wheel } from './wheel.js'

/** A reading about to begin: the first page (or the gap) is known, nothing has been sent. */
export interface Opening {
  readonly channel: Channel
  readonly result: ReadResult
  /** Where reading begins; undefined for a gap or a channel that is gone. */
  readonly position: Offset | undefined
  /** Begins it: sends the first page and all that follows. */
  start(connection: Connection, options?: SubscriptionOptions): Subscription
  /** Lets go of the channel without reading. */
  release(): void
}

export interface DeliveryOptions {
  readonly store: Store
  readonly limits: Limits
  /** The content type of a channel that nobody has written yet. */
  readonly contentType: (channel: ChannelName) => string
  readonly onError: (thrown: unknown) => void
}

/** A channel, and what is under way for it. */
interface Followed {
  readonly channel: Channel
  /** Until wake-ups flow and it is known where the log stands. */
  following: Promise<void> | undefined
  /** Renews the TTL while there are readers. */
  readonly alive: Timed
  /** Ends the following when nobody has come back. */
  readonly linger: Timed
}

/** When somebody who was refused for lack of room may try again: spread, so that not all come at once. */
const retryMs = () => 1_000 + Math.round(Math.random() * 4_000)

/** A channel without readers is followed for so long, since those who poll come back. */
const lingerMs = 5_000
/** The store could not say where a log stands: it is asked again after so long. */
const againMs = 1_000

export class Delivery implements ChannelHost {
  readonly wheel: Wheel
  readonly limits: Limits
  readonly reads: Reads
  readonly #store: Store
  readonly #options: DeliveryOptions
  readonly #channels = new Map<ChannelName, Followed>()
  /** Followed channels that nobody reads, the one unused longest first. */
  readonly #idle = new Set<Channel>()
  /** Subscriptions, and those being opened. */
  #readings = 0
  readonly #turns: Turns
  readonly #fanOut: FanOut
  readonly #pumps: Pumps
  readonly #resyncs: Resyncs
  readonly #pacer: Pacer

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#store = options.store
    this.limits = options.limits
    this.wheel = new Wheel(options.onError)
    this.reads = new Reads(options.store, options.limits.readsAtOnce, options.limits.storeMs)
    const { onError } = options
    const turns = new Turns(onError)
    this.#turns = turns
    this.#pumps = new Pumps(turns, onError)
    this.#fanOut = new FanOut(turns, { pumpAll: (channel) => this.pumpAll(channel), onError })
    this.#resyncs = new Resyncs({
      turns,
      position: (channels) => options.store.position(channels),
      sync: (channel, info) => this.stands(channel, info),
      onError,
      failed: (channels, thrown) => this.resyncLater(channels, thrown),
    })
    this.#pacer = new Pacer(this.wheel, this.#pumps)
    options.store.watch((wake) => {
      try {
        this.wake(wake)
      } catch (thrown) {
        options.onError(thrown)
      }
    })
  }

  /** Channels followed, and readings of them. */
  count(): { channels: number; subscriptions: number; windowBytes: number } {
    let subscriptions = 0
    let windowBytes = 0
    for (const { channel } of this.#channels.values()) {
      subscriptions += channel.subscriptions.size
      windowBytes += channel.windowBytes
    }
    return { channels: this.#channels.size, subscriptions, windowBytes }
  }

  /**
   * Follows the channel and reads its first page after `position`, or what keeps it from being read. Answers at once, without a promise, if the window knows.
   */
  open(name: ChannelName, position: Position): Opening | Promise<Opening> {
    this.checkReadings()
    const followed = this.follow(name)
    const { channel } = followed
    const known = followed.following ? undefined : this.fromWindow(channel, position)
    channel.holds++
    this.#readings++
    this.#idle.delete(channel)
    return known ? this.opening(channel, position, known) : this.openFromStore(followed, position)
  }

  private async openFromStore({ channel, following }: Followed, position: Position): Promise<Opening> {
    try {
      if (following) await following
      const result = this.fromWindow(channel, position) ?? (await this.firstPage(channel.name, position))
      return this.opening(channel, position, result)
    } catch (thrown) {
      this.release(channel)
      throw thrown
    }
  }

  grew(channel: Channel): void {
    this.#fanOut.add(channel)
  }

  pace(subscription: Subscription, on: boolean): void {
    if (on) this.#pacer.add(subscription)
    else this.#pacer.remove(subscription)
  }

  paged(page: Paged): void {
    this.#pumps.goOn(page)
  }

  pumpAll(channel: Channel): void {
    if (channel.subscriptions.size > 0) this.#pumps.add(channel, channel.subscriptions)
  }

  resync(channel: Channel): void {
    channel.unsync()
    this.#resyncs.add(channel)
  }

  private resyncLater(channels: readonly Channel[], thrown: unknown): void {
    this.#options.onError(thrown)
    const again = () => {
      for (const channel of channels) if (this.#channels.get(channel.name)?.channel === channel) this.resync(channel)
    }
    this.wheel.schedule(timed(again), againMs)
  }

  left(channel: Channel): void {
    this.#readings--
    if (channel.subscriptions.size === 0) this.rest(channel)
  }

  /** Nobody reads or holds the channel any more, it seems. */
  private rest(channel: Channel): void {
    if (channel.holds > 0) return
    const followed = this.#channels.get(channel.name)
    if (followed?.channel !== channel) return
    this.#idle.add(channel)
    this.wheel.schedule(followed.linger, lingerMs)
  }

  /** Whether all that is known of has been handed to the readers who have room for it. */
  get settled(): boolean {
    return this.#turns.idle && !this.#resyncs.asking && this.reads.pending === 0
  }

  /** Ends all following: the store is closed next, and one that outlives this hub may have been given to another. */
  close(): void {
    for (const { alive, linger } of this.#channels.values()) {
      this.wheel.cancel(alive)
      this.wheel.cancel(linger)
    }
    this.#channels.clear()
    this.#idle.clear()
  }

  private follow(name: ChannelName): Followed {
    const known = this.#channels.get(name)
    if (known) return known
    this.checkChannels()
    const channel = new Channel(name, this, this.#options.contentType(name))
    const alive = timed(() => this.keepAlive(channel))
    const linger = timed(() => this.unfollow(channel))
    const followed: Followed = { channel, following: undefined, alive, linger }
    followed.following = this.begin(followed)
    followed.following.catch(() => {
      if (this.#channels.get(name) === followed) this.#channels.delete(name)
    })
    this.#channels.set(name, followed)
    return followed
  }

  private async begin(followed: Followed): Promise<void> {
    const { channel } = followed
    await this.#store.follow(channel.name)
    try {
      await this.sync(channel)
    } catch (thrown) {
      this.#store.unfollow(channel.name)
      throw thrown
    }
    followed.following = undefined
  }

  /** @throws AnywireError `too-many` if one channel more is one too many. A channel that nobody reads any more makes room. */
  private checkChannels(): void {
    const { channelsFollowed } = this.limits
    if (this.#channels.size < channelsFollowed) return
    const [idle] = this.#idle
    if (idle === undefined) {
      const sentence = `This server already follows ${channelsFollowed} channels (the limit "channelsFollowed"); try again later.`
      throw new AnywireError('too-many', sentence, { details: { retryMs: retryMs() } })
    }
    this.unfollow(idle)
  }

  private checkReadings(): void {
    const { subscriptions } = this.limits
    if (this.#readings < subscriptions) return
    const sentence = `This server already has ${subscriptions} subscriptions (the limit "subscriptions"); try again later.`
    throw new AnywireError('too-many', sentence, { details: { retryMs: retryMs() } })
  }

  private unfollow(channel: Channel): void {
    if (channel.holds > 0 || channel.subscriptions.size > 0) return
    const followed = this.#channels.get(channel.name)
    if (followed?.channel !== channel) return
    this.#channels.delete(channel.name)
    this.#idle.delete(channel)
    this.wheel.cancel(followed.alive)
    this.wheel.cancel(followed.linger)
    this.#store.unfollow(channel.name)
  }

  private async sync(channel: Channel): Promise<void> {
    const asked = ++channel.asked
    const info = await this.reads.info(channel.name)
    // Otherwise a newer answer is on its way.
    if (asked === channel.asked) this.stands(channel, info)
  }

  private stands(channel: Channel, info: ChannelInfo | 'gone'): void {
    channel.sync(
      info === 'gone' ? { exists: false, contentType: undefined, earliest: '', head: '', closed: false } : info,
    )
    const alive = this.#channels.get(channel.name)?.alive
    if (channel.ttlSeconds !== undefined && alive?.tick === 0) this.renewLater(channel.ttlSeconds, alive)
  }

  private wake(wake: Wake): void {
    if (wake.kind !== 'discontinuity') this.#channels.get(wake.channel)?.channel.wake(wake)
    else for (const { channel } of this.#channels.values()) this.resync(channel)
  }

  /** A live reader renews the TTL, as a read does. */
  private keepAlive(channel: Channel): void {
    const followed = this.#channels.get(channel.name)
    if (channel.ttlSeconds === undefined || followed === undefined) return
    if (channel.subscriptions.size > 0) this.#store.touch(channel.name)
    this.renewLater(channel.ttlSeconds, followed.alive)
  }

  private renewLater(ttlSeconds: number, alive: Timed): void {
    this.wheel.schedule(alive, Math.max(200, (ttlSeconds * 1000) / 3))
  }

  private fromWindow(channel: Channel, position: Position): ReadResult | undefined {
    const { exists, closed, head } = channel
    // A read renews the TTL, and only the store knows of a channel that is gone.
    if (channel.ttlSeconds !== undefined || head === '') return undefined
    const from = position.kind === 'now' ? head : position.kind === 'at' ? position.offset : undefined
    if (from === undefined || !channel.knows(from)) return undefined
    const contentType = exists ? channel.contentType : undefined
    const info = { exists, contentType, earliest: from, head, closed }
    return { kind: 'page', info, from, to: from, messages: [], upToDate: from === head }
  }

  private async firstPage(name: ChannelName, position: Position): Promise<ReadResult> {
    const limit: Limit = { messages: this.limits.pageMessages, bytes: this.limits.sliceBytes, align: sliceAlign }
    if (position.kind === 'snapshot') return this.reads.snapshot(name, { after: undefined, until: undefined }, limit)
    return this.reads.fresh(name, position, limit)
  }

  private opening(channel: Channel, asked: Position, result: ReadResult): Opening {
    let held = true
    const release = () => {
      if (held) this.release(channel)
      held = false
    }
    return {
      channel,
      result,
      position: result.kind === 'page' ? result.from : undefined,
      release,
      start: (connection, options = {}) => {
        const from = result.kind === 'page' ? result.from : ''
        const subscription = channel.add(connection, from, options)
        this.#readings++
        release()
        const ofSnapshot = asked.kind === 'snapshot'
        if (ofSnapshot && result.kind === 'page' && !result.upToDate) subscription.snapshotUntil = result.info.head
        take(subscription, result, ofSnapshot)
        pump(subscription)
        return subscription
      },
    }
  }

  private release(channel: Channel): void {
    channel.holds--
    this.#readings--
    if (channel.subscriptions.size === 0) this.rest(channel)
  }
}
