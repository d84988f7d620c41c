/** One reader of a channel in one client, and what it has had. */
import { isOffset, type Offset } from '../protocol/offset.js'
import type { GapItem, MessageItem, PortItem, PortProblem } from './item.js'
import type { FromCore, Wish } from './port.js'

/** Items that a client may hold before it has taken some. */
const maxUntaken = 1_000

type ReaderEvent = Extract<FromCore, { readonly type: 'subscribed' | 'items' | 'failing' | 'ended' }>

/** A message of a reader to its client, which adds the reader's id. */
export type ReaderMessage = ReaderEvent extends infer One ? (One extends ReaderEvent ? Omit<One, 'id'> : never) : never

/** MUST NOT throw: what cannot be handed over is replaced by a problem. */
export type Emit = (message: ReaderMessage) => void

export class Reader<Feed = unknown> {
  readonly wish: Pick<Wish, 'channel' | 'offset' | 'slow' | 'rate'>
  readonly emit: Emit
  /** What brings it messages; none while its client has enough for now. */
  feed: Feed | undefined
  /** It has had everything up to here. A word such as `now` until the server has answered with an offset. */
  offset: string
  #begun = false
  #untaken = 0

  constructor(wish: Reader['wish'], emit: Emit) {
    this.wish = wish
    this.emit = emit
    this.offset = wish.offset
  }

  get full(): boolean {
    return this.#untaken >= maxUntaken
  }

  /** Its client took so many items. Answers whether it may go on after it had enough. */
  took(count: number): boolean {
    this.#untaken = Math.max(0, this.#untaken - count)
    return !this.feed && this.#untaken <= maxUntaken / 2
  }

  begin(offset: Offset, contentType: string): void {
    if (!isOffset(this.offset)) this.offset = offset
    if (!this.#begun) this.emit({ type: 'subscribed', offset: this.offset, contentType })
    this.#begun = true
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
    this.emit({ type: 'items', items, position })
    this.offset = position
  }
}
