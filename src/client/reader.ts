/** One reader of a channel in one client, and what it has had. */
import type { Slow } from '../protocol/anywire-frame.js'
import type { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'
import type { Offset } from '../protocol/offset.js'
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
  /** Where it begins: a word or an offset. */
  readonly from: string
  readonly slow: Slow
  readonly rate?: number | undefined
  readonly events: ReaderEvents
}

/**
 * `live`: hears what its feed hears; `catching`: reads for itself until it stands where the feed stands; `paused`: its client has enough for
 * now; `waiting`: for the feed to learn its position; `over`.
 */
export type ReaderState = 'live' | 'catching' | 'paused' | 'waiting' | 'over'

export class Reader {
  readonly channel: ChannelName
  readonly slow: Slow
  readonly rate: number | undefined
  readonly events: ReaderEvents
  state: ReaderState = 'waiting'
  /** It has had everything up to here. A word until the server has made a position of it. */
  offset: string
  #told = false
  #untaken = 0

  constructor({ channel, from, slow, rate, events }: ReaderOptions) {
    this.channel = channel
    this.offset = from
    this.slow = slow
    this.rate = rate
    this.events = events
  }

  get full(): boolean {
    return this.#untaken >= most
  }

  /** Its client took so many items. Answers whether a paused one may go on. */
  took(count: number): boolean {
    this.#untaken = Math.max(0, this.#untaken - count)
    return this.state === 'paused' && this.#untaken <= most / 2
  }

  begin(offset: Offset, contentType: string): void {
    if (!this.#told) this.events.subscribed(offset, contentType)
    this.#told = true
  }

  /** Hands over what it has not had yet. `position` is a real offset: the one before the first item. */
  take(items: readonly MessageItem[], position: Offset): void {
    const { offset } = this
    const fresh = offset > position ? items.filter((item) => item.offset > offset) : items
    const last = fresh.at(-1)
    if (last === undefined) return
    this.offset = last.offset
    this.#untaken += fresh.length
    this.events.items(fresh, last.offset)
  }

  gap(gap: GapItem): void {
    this.#untaken++
    this.events.items([{ ...gap, from: this.offset }], gap.to)
    this.offset = gap.to
  }

  end(error?: AnywireError): void {
    if (this.state === 'over') return
    this.state = 'over'
    this.events.ended(error)
  }
}
