/** One reader of a channel in one client, and what it has had. */
import type { AnywireError } from '../protocol/error.js'
import { isOffset, type Offset } from '../protocol/offset.js'
import type { Feed } from './feeds.js'
import type { GapItem, Item, MessageItem } from './item.js'
import type { Wish } from './port.js'

/** Items that a client may hold before it has taken some. */
const most = 1_000

export interface ReaderEvents {
  subscribed(offset: Offset, contentType: string): void
  items(items: readonly Item[], position: Offset): void
  /** Without an error the channel was closed and read to its end. */
  ended(error: AnywireError | undefined): void
}

export interface Reader {
  readonly wish: Pick<Wish, 'channel' | 'offset' | 'slow' | 'rate'>
  readonly events: ReaderEvents
  /** It has had everything up to here. A word until the server has made a position of it. */
  offset: string
  /** What brings it messages; none while its client has enough for now. */
  feed?: Feed | undefined
  readonly full: boolean
  /** Its client took so many items. Answers whether it may go on after it had enough. */
  took(count: number): boolean
  begin(offset: Offset, contentType: string): void
  /** Hands over what it has not had yet. */
  take(items: readonly MessageItem[]): void
  gap(gap: GapItem): void
}

export function createReader(wish: Reader['wish'], events: ReaderEvents): Reader {
  let told = false
  let untaken = 0

  const hand = (items: readonly Item[], position: Offset) => {
    reader.offset = position
    untaken += items.length
    events.items(items, position)
  }

  const reader: Reader = {
    wish,
    events,
    offset: wish.offset,
    get full() {
      return untaken >= most
    },
    took(count) {
      untaken = Math.max(0, untaken - count)
      return !reader.feed && untaken <= most / 2
    },
    begin(offset, contentType) {
      if (!isOffset(reader.offset)) reader.offset = offset
      if (!told) events.subscribed(reader.offset, contentType)
      told = true
    },
    take(items) {
      const fresh = items.filter(({ offset }) => offset > reader.offset)
      const last = fresh.at(-1)
      if (last) hand(fresh, last.offset)
    },
    gap: (gap) => hand([{ ...gap, from: reader.offset }], gap.to),
  }
  return reader
}
