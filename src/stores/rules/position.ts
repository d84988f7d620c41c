/** Whether a position is one of a log's own, and how a page is cut: decided by every store alike. */
import type { Limit } from '../../core/store.js'
import type { Message } from '../../protocol/message.js'
import { numberOf, type Offset, whenOf } from '../../protocol/offset.js'

/** Where a log begins and ends. */
export interface Bounds {
  /** The position before the first message that the log ever had. */
  readonly birth: Offset
  /** The position before the first message that is kept. */
  readonly floor: Offset
  readonly head: Offset
}

/** What the bounds alone say of a position; undefined: its neighbours decide (`isBeside`). */
export function judgeByBounds(
  offset: Offset,
  { birth, floor, head }: Bounds,
): 'head' | 'trimmed' | 'reset' | undefined {
  if (offset === head) return 'head'
  if (offset < floor) return whenOf(offset) >= whenOf(birth) ? 'trimmed' : 'reset'
  return undefined
}

/**
 * [PROTOCOL 2] A position belongs to a log if its *when* is that of a kept message, of the predecessor of the first
 * kept one, or of the birth. Messages of one
 * *when* are neighbours, so two tell: `before`, the last message that is not after the position (or the floor), and
 * `after`, the first that is.
 */
export function isBeside(offset: Offset, before: Offset, after: Offset | undefined): boolean {
  const when = whenOf(offset)
  return when === whenOf(before) || (after !== undefined && when === whenOf(after))
}

/**
 * How many messages were trimmed after a position, of a log that counts densely; undefined where that cannot be known.
 */
export function missedAfter(offset: Offset, floor: Offset): number | undefined {
  const distance = numberOf(floor) - numberOf(offset)
  return distance > 0 ? distance : undefined
}

/** How many messages from the first on make a page: at least one, if there is one. */
export function pageLength(messageAt: (index: number) => Message | undefined, limit: Limit): number {
  let bytes = 0
  let count = 0
  for (let message = messageAt(0); message; message = messageAt(count)) {
    bytes += message.data?.byteLength ?? 0
    if (count > 0 && (count >= limit.messages || bytes > limit.bytes)) break
    count++
    if (limit.align && numberOf(message.offset) % limit.align === 0) break
  }
  return count
}
