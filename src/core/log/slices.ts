/** Slices: the next messages of a channel, encoded. The newest are kept for readers that come to the same position. */
import type { Rate, Slow } from '../../protocol/anywire-v1.js'
import type { Framing } from '../../protocol/framing.js'
import type { Gap, Message, Slice } from '../../protocol/message.js'
import type { Offset } from '../../protocol/offset.js'
import type { Page } from '../store.js'
import { timed, type Wheel } from '../wheel.js'
import type { ChannelLog } from './channel-log.js'
import { conflate } from './conflate.js'

/** A slice and how a framing spells it. */
export interface Encoded {
  readonly slice: Slice
  readonly bytes: Buffer
  /** What conflation left out, already announced in `bytes` if the framing can. */
  readonly gap?: Gap | undefined
}

/** `held`: the framing sends nothing until there are more messages. `more`: it needs a longer slice. */
export type Next = Encoded | 'held' | 'more'

/** The reader that a slice is for. */
export interface SliceReader {
  readonly framing: Framing
  readonly position: Offset
  readonly slow: Slow
  readonly rate: Rate | undefined
  /** How many times the usual slice it needs. */
  readonly reach: number
}

/** Slices end at message numbers that are a multiple of this, so that lagging readers share them. */
export const sliceAlign = 256
/** Encoded slices that are kept for readers that reach the same position, and for how long. */
const keptSlices = 16
const keptMs = 1_000
const nothing = Buffer.alloc(0)

export class Slices {
  readonly #log: ChannelLog
  readonly #sliceBytes: number
  readonly #wheel: Wheel
  readonly #kept = new Map<string, Encoded>()
  readonly #expire = timed(() => this.#kept.clear())

  constructor(log: ChannelLog, sliceBytes: number, wheel: Wheel) {
    this.#log = log
    this.#sliceBytes = sliceBytes
    this.#wheel = wheel
  }

  clear(): void {
    this.#kept.clear()
  }

  /** The next slice for a reader whose position the window knows. */
  next({ framing, position, slow, rate, reach }: SliceReader): Next {
    if (slow === 'conflate') return this.#nextConflated(framing, position)
    const known = this.#recall(framing, position)
    if (known) return known
    const align = rate === undefined ? alignOf(reach) : undefined
    const slice = this.#log.cut(position, { bytes: this.#sliceBytes * reach, align }) ?? this.#log.slice(position, [])
    const next = spell(framing, slice)
    if (next === 'held') return slice.upToDate ? 'held' : 'more'
    this.#keep(`${framing.name} ${position}`, next)
    return next
  }

  /** The page that the store gave for a reader behind the window. */
  page({ framing, slow }: SliceReader, page: Page, ofSnapshot: boolean): Next {
    const { messages, from, to } = page
    if (slow === 'conflate' && !ofSnapshot) return this.#conflated(framing, from, messages)
    // A snapshot leaves out messages that other readers at the same position need.
    const known = ofSnapshot ? undefined : this.#recall(framing, from)
    if (known?.slice.to === to) return known
    const { name: channel, kind, head } = this.#log
    const upToDate = page.upToDate && to === head
    const closed = page.info.closed && upToDate
    const next = spell(framing, { channel, kind, from, to, messages, upToDate, closed })
    if (next === 'held') return page.upToDate ? 'held' : 'more'
    if (!ofSnapshot) this.#keep(`${framing.name} ${from}`, next)
    return next
  }

  /** The empty slice at the end of a closed log. */
  end(framing: Framing): Encoded {
    const slice = this.#log.slice(this.#log.head, [])
    return { slice, bytes: framing.end ? nothing : framing.encode(slice) }
  }

  #nextConflated(framing: Framing, from: Offset): Encoded {
    const key = `${framing.name} conflate ${from}`
    const known = this.#kept.get(key)
    const { head, closed } = this.#log
    if (known?.slice.upToDate && known.slice.to === head && known.slice.closed === closed) return known
    const encoded = this.#conflated(framing, from, this.#log.after(from) ?? [])
    this.#keep(key, encoded)
    return encoded
  }

  #conflated(framing: Framing, from: Offset, messages: readonly Message[]): Encoded {
    const { head, name } = this.#log
    const conflated = conflate(messages, this.#sliceBytes)
    const slice = {
      ...this.#log.slice(from, conflated.messages),
      to: conflated.to,
      upToDate: conflated.to === head,
    }
    const bytes = framing.encode(slice)
    if (conflated.missed === 0) return { slice, bytes }
    // Reading continues before the first message that is left: a reader that is cut off after the announcement must not
    // miss it.
    const gap: Gap = {
      reason: 'conflated',
      from,
      to: slice.messages[0]?.previous ?? slice.to,
      missed: conflated.missed,
    }
    const announced = framing.gap?.(name, gap)
    return { slice, bytes: announced ? Buffer.concat([announced, bytes]) : bytes, gap }
  }

  /** Bytes already encoded for this position, if they are still correct: an older "up to date" is not. */
  #recall(framing: Framing, from: Offset): Encoded | undefined {
    const known = this.#kept.get(`${framing.name} ${from}`)
    if (!known) return undefined
    const { upToDate, closed, to } = known.slice
    const atHead = to === this.#log.head
    return (upToDate && !atHead) || closed !== (this.#log.closed && atHead) ? undefined : known
  }

  #keep(key: string, encoded: Encoded): void {
    this.#kept.delete(key)
    this.#kept.set(key, encoded)
    if (this.#expire.tick === 0) this.#wheel.schedule(this.#expire, keptMs)
    if (this.#kept.size <= keptSlices) return
    const [oldest] = this.#kept.keys()
    if (oldest !== undefined) this.#kept.delete(oldest)
  }
}

/** A reader that needs more than the usual slice must get past the next aligned place. */
export function alignOf(reach: number): number | undefined {
  return reach === 1 ? sliceAlign : undefined
}

/** Encodes a slice, or as much of it as the framing sends now. */
function spell(framing: Framing, whole: Slice): Encoded | 'held' {
  const fit = framing.fit?.(whole) ?? whole.messages.length
  if (fit === 0 && whole.messages.length > 0) return 'held'
  const messages = whole.messages.slice(0, fit)
  const cut = fit < whole.messages.length
  const to = messages.at(-1)?.offset ?? whole.from
  const slice = cut ? { ...whole, messages, to, upToDate: false, closed: false } : whole
  return { slice, bytes: framing.encode(slice) }
}
