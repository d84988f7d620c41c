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
  ended(error?: AnywireError): void
}

export interface CatchUp {
  /** @param mark where the feed stands. Called again when it has jumped. */
  begin(mark: Offset): void
  /** What the feed brought meanwhile. */
  heard(items: readonly MessageItem[]): void
  stop(): void
}

/** What the feed brings meanwhile is kept up to this many messages; then the meeting is put off. */
const most = 1_000

export function createCatchUp(reader: Reader, aside: Aside, { met, full, ended }: CatchUpEvents): CatchUp {
  const { channel, offset, slow } = reader
  const reading: Reading = { channel, offset, slow }
  const over = new AbortController()
  const { signal } = over
  let link: Link | undefined
  /** Where the feed stood when `kept` was begun. */
  let mark: Offset | undefined
  let kept: MessageItem[] = []
  let failures = 0

  const stop = () => {
    over.abort()
    link?.close()
  }

  const finish = (error?: AnywireError) => {
    stop()
    ended(error)
  }

  const open = async () => {
    try {
      link = await aside(new Map([[channel, reading]]), { frame: take, silent() {}, lost }, signal)
      if (signal.aborted) link.close()
    } catch (thrown) {
      lost(AnywireError.from(thrown))
    }
  }

  const lost = (error: AnywireError) => {
    if (signal.aborted) return
    if (error.meaning.retry === 'never') return finish(error)
    const again = () => {
      if (!signal.aborted) void open()
    }
    setTimeout(again, error.details.retryMs ?? Math.random() * Math.min(200 * 2 ** failures++, 20_000))
  }

  const take = (frame: ServerFrame) => {
    if (signal.aborted) return
    switch (frame.type) {
      case 'subscribed':
        failures = 0
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
        return finish()
      case 'error':
        return finish(new AnywireError(frame.code, frame.message, { details: frame }))
      default:
        return
    }
    // Cut short, a snapshot that has brought nothing begins again.
    if (frame.type !== 'subscribed' || reading.offset !== 'snapshot') reading.offset = reader.offset
    meet()
  }

  const meet = () => {
    if (isOffset(reader.offset) && reader.offset >= mark!) {
      stop()
      reader.take(kept, '')
      met()
    } else if (reader.full) full()
  }

  const begin = (at: Offset) => {
    const running = mark !== undefined
    mark = at
    kept = []
    if (running) meet()
    else void open()
  }

  return {
    begin,
    heard(items) {
      kept.push(...items)
      if (kept.length > most) begin(items.at(-1)!.offset)
    },
    stop,
  }
}
