/** A channel that this node follows: its log and its readers. */
import type { Framing } from '../../protocol/framing.js'
import type { Gap, Slice } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Offset } from '../../protocol/offset.js'
import type { Limits } from '../limits.js'
import { ChannelLog } from '../log/channel-log.js'
import type { Reads } from '../log/reads.js'
import { alignOf, Slices } from '../log/slices.js'
import type { ChannelInfo, ReadResult, Wake } from '../store.js'
import type { Wheel } from '../wheel.js'
import type { Paged, Place, Subscription, SubscriptionChannel } from './subscription.js'

/** The live readers of one framing, all of whom get the same bytes. */
export interface Group {
  readonly framing: Framing
  readonly members: ReadonlySet<Subscription>
}

/** What a channel needs of the delivery it belongs to. */
export interface ChannelHost {
  readonly limits: Limits
  readonly reads: Reads
  readonly wheel: Wheel
  /** Fans out at the end of this turn. */
  grew(channel: Channel): void
  /** Lets a reader continue with the store's answer, in this turn or a later one. */
  paged(page: Paged): void
  /** Brings all readers to the head, each by its own position, in this turn or later ones. */
  pump(channel: Channel, subscriptions: ReadonlySet<Subscription>): void
  /** Puts a reader on the grid of its rate, or takes it off. */
  pace(subscription: Subscription, on: boolean): void
  /** Asks the store again for the head of the log. `lost`: a wake-up was lost. */
  resync(channel: Channel, lost: boolean): void
  /** The store could not be read. */
  unread(channel: Channel): void
  /** A reader is told of a gap. */
  lost(subscription: Subscription, gap: Gap): void
  /** A subscription has begun, or ended. */
  joined(channel: Channel, subscription: Subscription): void
  left(channel: Channel, subscription: Subscription, leaves: boolean): void
}

export class Channel implements SubscriptionChannel {
  readonly log: ChannelLog
  readonly slices: Slices
  readonly #host: ChannelHost
  readonly #subscriptions = new Set<Subscription>()
  readonly #groups = new Map<string, { readonly framing: Framing; readonly members: Set<Subscription> }>()
  /** The position of the live readers: the end of the last fan-out. */
  #flushed: Offset = ''

  constructor(name: ChannelName, contentType: string, host: ChannelHost) {
    const { windowMessages, windowBytes, sliceBytes } = host.limits
    this.log = new ChannelLog(name, contentType, { messages: windowMessages, bytes: windowBytes })
    this.slices = new Slices(this.log, sliceBytes, host.wheel)
    this.#host = host
  }

  get name(): ChannelName {
    return this.log.name
  }

  get subscriptions(): ReadonlySet<Subscription> {
    return this.#subscriptions
  }

  /** Readers here. */
  get size(): number {
    return this.#subscriptions.size
  }

  get groups(): readonly Group[] {
    return [...this.#groups.values()]
  }

  add(subscription: Subscription): void {
    this.#subscriptions.add(subscription)
    this.#host.joined(this, subscription)
  }

  remove(subscription: Subscription, leaves: boolean): void {
    this.#subscriptions.delete(subscription)
    if (this.#subscriptions.size === 0) this.slices.clear()
    this.#host.left(this, subscription, leaves)
  }

  joinLive(subscription: Subscription): void {
    if (subscription.rate !== undefined) {
      this.#host.pace(subscription, true)
      return
    }
    const { framing } = subscription
    const group = this.#groups.get(framing.name)
    if (group) group.members.add(subscription)
    else this.#groups.set(framing.name, { framing, members: new Set([subscription]) })
  }

  leaveLive(subscription: Subscription): void {
    if (subscription.rate !== undefined) {
      this.#host.pace(subscription, false)
      return
    }
    const { name } = subscription.framing
    const members = this.#groups.get(name)?.members
    members?.delete(subscription)
    if (members?.size === 0) this.#groups.delete(name)
  }

  /** Takes the head that the store reported, then the wake-ups that came meanwhile. */
  place(info: ChannelInfo): void {
    const { moved, early, missed } = this.log.place(info)
    if (moved) {
      this.slices.clear()
      this.#flushed = info.head
      for (const subscription of this.#subscriptions) subscription.excuse()
    }
    for (const wake of early) this.wake(wake)
    if (missed) this.#host.resync(this, true)
    this.#pumpAll()
  }

  wake(wake: Wake): void {
    const outcome = this.log.wake(wake)
    if (outcome === 'lost') this.#host.resync(this, wake.kind === 'appended' && this.log.exists)
    else if (outcome === 'waits' || outcome === 'known') return
    else if (this.size > 0) this.#host.grew(this)
    else this.#flushed = this.log.head
  }

  /** The slice that all live readers get now. Undefined: none, or each reader uses its own position. */
  nextLive(): Slice | undefined {
    const { log } = this
    if (!log.ready) return undefined // `place` pumps every reader when it is known where the log stands
    if (this.#flushed === log.head && !log.closed) return undefined
    const slice = log.cut(this.#flushed, { bytes: this.#host.limits.sliceBytes })
    if (slice) return slice
    // The window no longer reaches back to the position of the live readers.
    this.#flushed = log.head
    this.#pumpAll()
    return undefined
  }

  /** All live readers have been served this slice. */
  flushed(slice: Slice): void {
    this.#flushed = slice.to
  }

  readAfter({ position, snapshotUntil, reach }: Place): Promise<ReadResult> {
    const { limits, reads } = this.#host
    const align = alignOf(reach)
    const limit = { messages: limits.pageMessages * reach, bytes: limits.sliceBytes * reach, align }
    if (snapshotUntil !== undefined) return reads.snapshot(this.name, { after: position, until: snapshotUntil }, limit)
    return reads.shared(this.name, { kind: 'at', offset: position }, limit)
  }

  paged(page: Paged): void {
    this.#host.paged(page)
  }

  unread(): void {
    this.#host.unread(this)
  }

  lost(subscription: Subscription, gap: Gap): void {
    this.#host.lost(subscription, gap)
  }

  #pumpAll(): void {
    if (this.size > 0) this.#host.pump(this, this.#subscriptions)
  }
}
