/** What becomes of an append, decided by every store alike, in the order of Durable Streams §5.2. */
import type { AppendOptions, AppendResult, NewMessage, Producer } from '../../core/store.js'
import { mediaType } from '../../protocol/message.js'
import type { Offset } from '../../protocol/offset.js'

/** What of a channel decides about an append. */
export interface Existing {
  readonly exists: true
  readonly head: Offset
  readonly closed: boolean
  readonly contentType: string
  /** The last `Stream-Seq`. */
  readonly seq: string | undefined
  /** What this producer stored last. */
  lastOf(producer: string): Producer | undefined
}

/** A name that holds no channel: never written, deleted or evicted. */
export interface Vacant {
  readonly exists: false
  /** Deleted, and kept for its forks. */
  readonly gone: boolean
  /** Where a channel of this name would begin: the birth, or the head of the evicted one. */
  readonly head: Offset
  /** The evicted one was closed. */
  readonly closed: boolean
}

/**
 * The answer to an append that stores nothing: it is refused, or done already. Undefined: it is to be stored (and the
 * channel to be created, if vacant).
 */
export function judgeAppend(
  found: Existing | Vacant,
  messages: readonly NewMessage[],
  options: AppendOptions,
): AppendResult | undefined {
  const target = found.exists ? found : unborn(found, options)
  if ('kind' in target) return target
  const refused = refusal(target, messages, options)
  if (refused) return refused
  const { head, closed } = target
  const done = (messages.length === 0 && !options.close) || (found.exists && closed)
  return done ? { kind: 'appended', first: head, next: head, closed } : undefined
}

/**
 * The *when* of an append, in microseconds: later than all that this name ever had, by a random `step` of 1 to 1,000,
 * so that no other log mints the same.
 */
export function mintWhen(nowMs: number, last: number, step: number): number {
  return Math.max(Math.floor(nowMs * 1_000), last) + step
}

/** What a message does to the newest of its key. */
export function keyEffect({ key, data }: NewMessage): 'none' | 'replaces' | 'removes' {
  if (key === undefined) return 'none'
  return data === undefined ? 'removes' : 'replaces'
}

/** The channel that an append would create, or why it may not. */
function unborn({ head, closed, gone }: Vacant, { create, revive }: AppendOptions): Existing | AppendResult {
  if (gone && !(revive && create)) return { kind: 'gone' }
  if (!create) return { kind: 'missing' }
  return { exists: true, head, closed, contentType: create.contentType, seq: undefined, lastOf: () => undefined }
}

function refusal(
  target: Existing,
  messages: readonly NewMessage[],
  { producer, contentType, seq, close = false }: AppendOptions,
): AppendResult | undefined {
  const closeOnly = messages.length === 0 && close
  const refused = producer && refuseProducer(target, producer)
  if (refused) return refused
  if (target.closed) return closeOnly && !producer ? undefined : { kind: 'closed', next: target.head }
  // A close without messages may come with any content type (§5.3).
  if (contentType !== undefined && !closeOnly && !isSameType(contentType, target.contentType)) {
    return { kind: 'mismatch', contentType: target.contentType }
  }
  if (seq !== undefined && target.seq !== undefined && !follows(seq, target.seq)) {
    return { kind: 'stale-seq', seq: target.seq }
  }
  return undefined
}

function refuseProducer(target: Existing, { id, epoch, seq }: Producer): AppendResult | undefined {
  const last = target.lastOf(id)
  if (!last) return seq === 0 ? undefined : { kind: 'sequence-gap', expected: 0, received: seq }
  if (epoch < last.epoch) return { kind: 'fenced', epoch: last.epoch }
  if (epoch > last.epoch) return seq === 0 ? undefined : { kind: 'bad-epoch' }
  const { head: next, closed } = target
  if (seq <= last.seq) return { kind: 'duplicate', next, epoch, seq: last.seq, closed }
  return seq === last.seq + 1 ? undefined : { kind: 'sequence-gap', expected: last.seq + 1, received: seq }
}

/** Types are compared without parameters, in any case. */
export function isSameType(one: string, other: string): boolean {
  return one === other || mediaType(one) === mediaType(other)
}

/** Byte-wise, as UTF-8: strings themselves compare by UTF-16 units. */
function follows(seq: string, last: string): boolean {
  return Buffer.compare(Buffer.from(seq), Buffer.from(last)) > 0
}
