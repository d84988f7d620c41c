/** A channel as this node follows it: its window, its live readers by framing, and the slices it has encoded. */
import type { Framing } from '../protocol/framing.js'
import type { Gap, Kind, Message, Slice } from '../protocol/message.js'
import { kindOf } from '../protocol/message.js'
import type { ChannelName } from '../protocol/name.js'
import type { Offset, Position } from '../protocol/offset.js'
import { conflate } from './conflate.js'
import type { Connection } from './connection.js'
import { Group } from './group.js'
import type { Limits } from './limits.js'
import type { Paged } from './pump.js'
import type { Reads } from './reads.js'
import type { ChannelInfo, Page, ReadResult, Wake } from './store.js'
import { Subscription, type SubscriptionOptions } from './subscription.js'
import { timed, type Wheel } from './wheel.js'
import { Window } from './window.js'

/** A slice and how a framing spells it. */
export interface Encoded {
  readonly slice: Slice
  readonly bytes: Buffer
  /** What conflation left out, already announced in `bytes` if the framing can. */
  readonly gap?: Gap | undefined
}

/** Slices end at message numbers that are a multiple of this, so that lagging readers come to share them. */
export const sliceAlign = 256
/** Encoded slices kept for others who come to the same position, and for how long. */
const keptSlices = 16
const keptMs = 1_000
/** Wake-ups that wait while the store is asked where the log stands. */
const mostEarly = 1_000
const nothing = Buffer.alloc(0)

/** What a channel needs of the delivery it belongs to. */
export interface ChannelHost {
  readonly limits: Limits
  readonly reads: Reads
  readonly wheel: Wheel
  /** Fans out at the end of this turn. */
  grew(channel: Channel): void
  /** Lets a reader go on with what the store gave, in this turn or a later one: thousands may have waited for one page. */
  paged(page: Paged): void
  /** Brings all readers to the head, each by its own position, in this turn or later ones. */
  pumpAll(channel: Channel): void
  /** Puts a reader on the grid of its rate, or takes it off. */
  pace(subscription: Subscription, on: boolean): void
  /** Asks the store anew where the log stands. */
  resync(channel: Channel): void
  /** A subscription has ended. */
  left(channel: Channel): void
}

export class Channel {
  readonly name: ChannelName
  readonly subscriptions = new Set<Subscription>()
  readonly groups = new Map<string, Group>()
  /** Where the live readers stand: the end of the last fan-out. */
  flushed: Offset
  kind: Kind
  closed = false
  exists = false
  ttlSeconds: number | undefined
  contentType: string
  /** Openings under way; the channel is followed as long as there are any, or subscriptions. */
  holds = 0
  /** How often the store was asked where the log stands. */
  asked = 0
  readonly #host: ChannelHost
  readonly #window: Window
  readonly #encoded = new Map<string, Encoded>()
  readonly #forget = timed(() => this.#encoded.clear())
  #early: Wake[] | undefined = []
  /** Wake-ups were dropped while it was not known where the log stands. */
  #missed = false

  constructor(name: ChannelName, host: ChannelHost, contentType: string) {
    this.name = name
    this.#host = host
    this.#window = new Window('', { messages: host.limits.windowMessages, bytes: host.limits.windowBytes })
    this.flushed = ''
    this.contentType = contentType
    this.kind = kindOf(contentType)
  }

  get head(): Offset {
    return this.#window.head
  }

  get windowBytes(): number {
    return this.#window.bytes
  }

  /** Whether it is known where the log stands. */
  get ready(): boolean {
    return this.#early === undefined
  }

  knows(position: Offset): boolean {
    return this.ready && this.#window.has(position)
  }

  /** Wake-ups wait from here on until `sync`. */
  unsync(): void {
    this.#early ??= []
  }

  /** Begins the window where the store says the log stands, then hears the wake-ups that came meanwhile. */
  sync(info: ChannelInfo): void {
    if (info.head !== this.#window.head) {
      this.#window.reset(info.head)
      this.#encoded.clear()
      this.flushed = info.head
      for (const subscription of this.subscriptions) subscription.late = false // it is not the reader who lost its place
    }
    this.exists = info.exists
    this.closed = info.closed
    this.ttlSeconds = info.ttlSeconds
    if (info.contentType !== undefined) {
      this.contentType = info.contentType
      this.kind = kindOf(info.contentType)
    }
    const early = this.#early ?? []
    const missed = this.#missed
    this.#early = undefined
    this.#missed = false
    for (const wake of early) this.wake(wake)
    if (missed) this.#host.resync(this)
    this.#host.pumpAll(this)
  }

  wake(wake: Wake): void {
    if (this.#early) {
      if (this.#early.push(wake) > mostEarly) this.#forgetEarly()
      return
    }
    if (wake.kind !== 'appended' || !this.exists) {
      this.#host.resync(this)
      return
    }
    const fresh = wake.messages.filter((message) => message.offset > this.head)
    if (!this.#window.push(fresh)) {
      this.#host.resync(this)
      return
    }
    this.closed ||= wake.closed
    if (this.subscriptions.size > 0) this.#host.grew(this)
    else this.flushed = this.head
  }

  /** Too many wake-ups wait for the store to answer: it is asked once more when it has. */
  #forgetEarly(): void {
    this.#early = []
    this.#missed = true
  }

  add(connection: Connection, position: Offset, options: SubscriptionOptions): Subscription {
    const subscription = new Subscription(this, connection, position, options)
    this.subscriptions.add(subscription)
    connection.subscriptions.add(subscription)
    return subscription
  }

  remove(subscription: Subscription): void {
    this.subscriptions.delete(subscription)
    if (this.subscriptions.size === 0) this.#encoded.clear()
    this.#host.left(this)
  }

  joinLive(subscription: Subscription): void {
    if (subscription.rate !== undefined) {
      this.#host.pace(subscription, true)
      return
    }
    const { framing } = subscription.connection
    let group = this.groups.get(framing.name)
    if (!group) {
      group = new Group(framing)
      this.groups.set(framing.name, group)
    }
    group.join(subscription)
  }

  leaveLive(subscription: Subscription): void {
    if (subscription.rate !== undefined) {
      this.#host.pace(subscription, false)
      return
    }
    const { name } = subscription.connection.framing
    const group = this.groups.get(name)
    group?.leave(subscription)
    if (group?.empty && !group.busy) this.groups.delete(name)
  }

  /** The slice that follows the last fan-out; undefined if the window no longer reaches back to it. */
  cutLive(): Slice | undefined {
    const messages = this.#window.cut(this.flushed, { bytes: this.#host.limits.sliceBytes })
    return messages && this.slice(this.flushed, messages)
  }

  /** The next slice for a reader whose position the window knows. */
  next(subscription: Subscription): Encoded | 'held' {
    const { position, slow, rate, connection } = subscription
    const limits = this.#host.limits
    if (slow === 'conflate') return this.nextConflated(connection.framing, position)
    const known = this.recall(connection.framing, position)
    if (known) return known
    const bytes = limits.sliceBytes * subscription.reach
    const messages = this.#window.cut(position, {
      bytes,
      align: rate === undefined ? alignOf(subscription) : undefined,
    })
    const slice = this.slice(position, messages ?? [])
    const next = this.spell(connection.framing, slice)
    if (next !== 'held') this.keep(`${connection.framing.name} ${position}`, next)
    if (next !== 'held' || slice.upToDate) return next
    subscription.reach *= 2
    return this.next(subscription)
  }

  /** The page that the store gave for a reader behind the window. */
  encodePage(subscription: Subscription, page: Page, ofSnapshot: boolean): Encoded | 'held' {
    if (subscription.slow === 'conflate' && !ofSnapshot)
      return this.encodeConflated(subscription.connection.framing, page.from, page.messages)
    const { framing } = subscription.connection
    const { messages, from, to } = page
    // A snapshot leaves out what other readers at its positions must have.
    const known = ofSnapshot ? undefined : this.recall(framing, from)
    if (known?.slice.to === to) return known
    const upToDate = page.upToDate && to === this.head
    const closed = page.info.closed && upToDate
    const next = this.spell(framing, { channel: this.name, kind: this.kind, from, to, messages, upToDate, closed })
    if (!ofSnapshot && next !== 'held') this.keep(`${framing.name} ${from}`, next)
    return next
  }

  /** The empty slice at the end of a closed log. */
  encodeEnd(subscription: Subscription): Encoded {
    const slice = this.slice(this.head, [])
    const { framing } = subscription.connection
    return { slice, bytes: framing.end ? nothing : framing.encode(slice) }
  }

  /** What follows a position that the window does not know. */
  readAfter(subscription: Subscription): Promise<ReadResult> {
    const { limits, reads } = this.#host
    const { reach } = subscription
    const align = alignOf(subscription)
    const limit = { messages: limits.pageMessages * reach, bytes: limits.sliceBytes * reach, align }
    if (subscription.snapshotUntil !== undefined)
      return reads.snapshot(this.name, { after: subscription.position, until: subscription.snapshotUntil }, limit)
    const position: Position = { kind: 'at', offset: subscription.position }
    return reads.shared(this.name, position, limit)
  }

  paged(page: Paged): void {
    this.#host.paged(page)
  }

  private slice(from: Offset, messages: readonly Message[]): Slice {
    const to = messages.at(-1)?.offset ?? from
    const upToDate = to === this.head
    return { channel: this.name, kind: this.kind, from, to, messages, upToDate, closed: upToDate && this.closed }
  }

  /** Spells a slice, or as much of it as the framing lets go. */
  private spell(framing: Framing, whole: Slice): Encoded | 'held' {
    const fit = framing.fit?.(whole) ?? whole.messages.length
    if (fit === 0 && whole.messages.length > 0) return 'held'
    const messages = whole.messages.slice(0, fit)
    const cut = fit < whole.messages.length
    const slice = cut ? { ...whole, messages, to: messages.at(-1)!.offset, upToDate: false, closed: false } : whole
    return { slice, bytes: framing.encode(slice) }
  }

  private nextConflated(framing: Framing, from: Offset): Encoded {
    const key = `${framing.name} conflate ${from}`
    const known = this.#encoded.get(key)
    if (known?.slice.upToDate && known.slice.to === this.head && known.slice.closed === this.closed) return known
    const encoded = this.encodeConflated(framing, from, this.#window.after(from) ?? [])
    this.keep(key, encoded)
    return encoded
  }

  private encodeConflated(framing: Framing, from: Offset, messages: readonly Message[]): Encoded {
    const conflated = conflate(messages, this.#host.limits.sliceBytes)
    const slice = { ...this.slice(from, conflated.messages), to: conflated.to, upToDate: conflated.to === this.head }
    const bytes = framing.encode(slice)
    if (conflated.missed === 0) return { slice, bytes }
    // Reading goes on before the first message that is left: who is cut off behind the announcement must not miss it.
    const gap: Gap = { reason: 'conflated', from, to: slice.messages[0]!.previous, missed: conflated.missed }
    const said = framing.gap?.(this.name, gap)
    return { slice, bytes: said ? Buffer.concat([said, bytes]) : bytes, gap }
  }

  /** Bytes already made for a reader at this position, if they still say what is true: an older "up to date" is not. */
  private recall(framing: Framing, from: Offset): Encoded | undefined {
    const known = this.#encoded.get(`${framing.name} ${from}`)
    if (
      !known ||
      (known.slice.upToDate && known.slice.to !== this.head) ||
      known.slice.closed !== (this.closed && known.slice.to === this.head)
    )
      return undefined
    return known
  }

  private keep(key: string, encoded: Encoded): void {
    this.#encoded.delete(key)
    this.#encoded.set(key, encoded)
    if (this.#forget.tick === 0) this.#host.wheel.schedule(this.#forget, keptMs)
    if (this.#encoded.size <= keptSlices) return
    for (const oldest of this.#encoded.keys()) {
      this.#encoded.delete(oldest)
      return
    }
  }
}

/** A reader of whom more than the usual slice is needed must get beyond the next aligned place. */
function alignOf({ reach }: Subscription): number | undefined {
  return reach === 1 ? sliceAlign : undefined
}
