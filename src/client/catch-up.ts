/** Catching up: a reader that stands behind its feed reads for itself, until it stands where the feed stands. */
import type { ServerFrame } from '../protocol/anywire-frame.js'
import { AnywireError } from '../protocol/error.js'
import { isOffset, type Offset } from '../protocol/offset.js'
import { itemOf, type MessageItem } from './item.js'
import type { Link, LinkEvents, Reading, Readings } from './link.js'
import type { Reader } from './reader.js'

/** Opens a link for one reading. @throws AnywireError */
export type Aside = (readings: Readings, events: LinkEvents, signal: AbortSignal) => Promise<Link>

export interface CatchUpEvents {
  /** The reader has had everything that the feed has had. */
  met(): void
  /** The reader's client has enough for now. */
  full(): void
  ended(error: AnywireError | undefined): void
}

/** What the feed brings meanwhile is kept up to this many messages; then the meeting is put off. */
const most = 1_000

export class CatchUp {
  readonly #reader: Reader
  readonly #aside: Aside
  readonly #events: CatchUpEvents
  readonly #over = new AbortController()
  #link: Link | undefined
  /** Where the feed stood when `#kept` was begun. */
  #mark: Offset = ''
  #kept: MessageItem[] = []
  #failures = 0
  readonly #reading: Reading

  constructor(reader: Reader, aside: Aside, events: CatchUpEvents) {
    this.#reader = reader
    this.#aside = aside
    this.#events = events
    const { channel, offset, slow } = reader
    this.#reading = { channel, offset, slow }
  }

  /** @param mark where the feed stands. Called again when it has jumped. */
  begin(mark: Offset): void {
    const running = this.#mark !== ''
    this.#mark = mark
    this.#kept = []
    if (running) this.#meet()
    else void this.#open()
  }

  /** What the feed brought. */
  heard(items: readonly MessageItem[]): void {
    this.#kept.push(...items)
    if (this.#kept.length > most) this.begin(items.at(-1)!.offset)
  }

  stop(): void {
    this.#over.abort()
    this.#link?.close()
  }

  async #open(): Promise<void> {
    const readings = new Map([[this.#reading.channel, this.#reading]])
    const lost = (error: AnywireError) => this.#again(error)
    const events: LinkEvents = { frame: (frame) => this.#take(frame), silent: () => undefined, lost }
    const { signal } = this.#over
    try {
      this.#link = await this.#aside(readings, events, signal)
      if (signal.aborted) this.#link.close()
    } catch (thrown) {
      lost(AnywireError.from(thrown))
    }
  }

  #again(error: AnywireError): void {
    if (this.#over.signal.aborted) return
    if (error.meaning.retry === 'never') return this.#finish(error)
    const ms = error.details.retryMs ?? Math.random() * Math.min(200 * 2 ** this.#failures++, 20_000)
    setTimeout(() => {
      if (!this.#over.signal.aborted) void this.#open()
    }, ms)
  }

  #take(frame: ServerFrame): void {
    const reader = this.#reader
    if (this.#over.signal.aborted) return
    switch (frame.type) {
      case 'subscribed':
        this.#failures = 0
        if (!isOffset(reader.offset)) reader.offset = frame.offset
        reader.begin(reader.offset, frame.contentType)
        break
      case 'messages':
        reader.take(frame.messages.map(itemOf), '')
        break
      case 'gap':
        reader.gap({ kind: 'gap', reason: frame.reason, from: frame.from, to: frame.to, missed: frame.missed })
        break
      case 'closed':
        return this.#finish()
      case 'error':
        return this.#finish(new AnywireError(frame.code, frame.message, { details: frame }))
      default:
        return
    }
    // Cut short, a snapshot that has brought nothing begins again.
    if (frame.type !== 'subscribed' || this.#reading.offset !== 'snapshot') this.#reading.offset = reader.offset
    this.#meet()
  }

  #meet(): void {
    const reader = this.#reader
    if (isOffset(reader.offset) && reader.offset >= this.#mark) {
      this.stop()
      reader.take(this.#kept, '')
      this.#events.met()
    } else if (reader.full) this.#events.full()
  }

  #finish(error?: AnywireError): void {
    this.stop()
    this.#events.ended(error)
  }
}
