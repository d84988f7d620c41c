/** One reader of a channel in one client, and what it has had. */
import type { Slow } from '../protocol/anywire-frame.js'
import type { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'
import { isOffset, type Offset } from '../protocol/offset.js'
import type { Feed } from './feeds.js'
import type { GapItem, Item, MessageItem } from './item.js'

/** Items that a client may hold before it has taken some. */
const most = 1_000

export interface ReaderEvents {
  subscribed(offset: Offset, contentType: string): void
  items(items: readonly Item[], position: Offset): void
  /** Without an error the channel was closed and read to its end. */
  ended(error: AnywireError | undefined): void
}

export interface ReaderOptions {
  readonly channel: ChannelName
  /** Where it begins: a word or an offset. It has had everything up to here; a word until the server has made a position of it. */
  offset: string
  readonly slow: Slow
  readonly rate?: number | undefined
}

export class Reader {
  readonly channel: ChannelName
  readonly slow: Slow
  readonly rate: number | undefined
  readonly events: ReaderEvents
  offset: string
  /** What brings it messages; none while its client has enough for now. */
  feed: Feed | undefined
  told = false
  untaken = 0

  constructor({ channel, offset, slow, rate }: ReaderOptions, events: ReaderEvents) {
    this.channel = channel
    this.offset = offset
    this.slow = slow
    this.rate = rate
    this.events = events
  }

  get full(): boolean {
    return this.untaken >= most
  }

  /** Its client took so many items. Answers whether it may go on after it had enough. */
  took(count: number): boolean {
    this.untaken = Math.max(0, this.untaken - count)
    return !this.feed && this.untaken <= most / 2
  }

  begin(offset: Offset, contentType: string): void {
    if (!isOffset(this.offset)) this.offset = offset
    if (!this.told) this.events.subscribed(this.offset, contentType)
    this.told = true
  }

  /** Hands over what it has not had yet. */
  take(items: readonly MessageItem[]): void {
    const fresh = items.filter(({ offset }) => offset > this.offset)
    const last = fresh.at(-1)
    if (last) this.#hand(fresh, last.offset)
  }

  gap(gap: GapItem): void {
    this.#hand([{ ...gap, from: this.offset }], gap.to)
  }

  #hand(items: readonly Item[], position: Offset): void {
    this.offset = position
    this.untaken += items.length
    this.events.items(items, position)
  }
}
