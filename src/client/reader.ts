/** One reader of a channel in one client, and what it has had. */
import type { AnywireError } from '../protocol/error.js'
import { isOffset, type Offset } from '../protocol/offset.js'
import type { Feed } from './feeds.js'
import type { GapItem, MessageItem, PortItem, PortProblem } from './item.js'
import type { Wish } from './port.js'

/** Items that a client may hold before it has taken some. */
const most = 1_000

/** MUST NOT throw: what cannot be handed over is replaced by a problem. */
export interface ReaderEvents {
  subscribed(offset: Offset, contentType: string): void
  items(items: readonly PortItem[], position: Offset): void
  /** The server does not let it read yet: it is asked again. */
  failing(error: AnywireError): void
  /** Without an error the channel was closed and read to its end. */
  ended(error: AnywireError | undefined): void
}

export class Reader {
  readonly wish: Pick<Wish, 'channel' | 'offset' | 'slow' | 'rate'>
  readonly events: ReaderEvents
  /** What brings it messages; none while its client has enough for now. */
  feed: Feed | undefined
  /** It has had everything up to here. A word until the server has made a position of it. */
  offset: string
  #told = false
  #untaken = 0

  constructor(wish: Reader['wish'], events: ReaderEvents) {
    this.wish = wish
    this.events = events
    this.offset = wish.offset
  }

  get full(): boolean {
    return this.#untaken >= most
  }

  /** Its client took so many items. Answers whether it may go on after it had enough. */
  took(count: number): boolean {
    this.#untaken = Math.max(0, this.#untaken - count)
    return !this.feed && this.#untaken <= most / 2
  }

  begin(offset: Offset, contentType: string): void {
    if (!isOffset(this.offset)) this.offset = offset
    if (!this.#told) this.events.subscribed(this.offset as Offset, contentType)
    this.#told = true
  }

  /** Hands over what it has not had yet. */
  take(items: readonly (MessageItem | PortProblem)[]): void {
    const fresh = items.filter(({ offset }) => offset > this.offset)
    const last = fresh.at(-1)
    if (last) this.#hand(fresh, last.offset)
  }

  gap(gap: GapItem): void {
    this.#hand([{ ...gap, from: this.offset }], gap.to)
  }

  /** The position moves when the items are handed over, not before. */
  #hand(items: readonly PortItem[], position: Offset): void {
    this.#untaken += items.length
    this.events.items(items, position)
    this.offset = position
  }
}
