/** Whether an append is accepted, in the order of Durable Streams §5.2: producer, closed, content type, `Stream-Seq`. */
import type { AppendOptions, AppendResult, Producer } from '../core/store.js'
import { mediaType } from '../protocol/message.js'
import type { Offset } from '../protocol/offset.js'

/** What of a channel decides about an append; of one that the append would create, too. */
export interface Target {
  readonly head: Offset
  readonly closed: boolean
  readonly contentType: string
  readonly mediaType: string
  readonly seq: string | undefined
  readonly producers: ReadonlyMap<string, Producer> | undefined
}

/** The answer that refuses the append (or finds it done already), or undefined if it is accepted. */
export function refusal(target: Target, messages: number, options: AppendOptions): AppendResult | undefined {
  const { producer, contentType, seq } = options
  const closeOnly = messages === 0 && options.close === true
  const refused = producer && refuseProducer(target, producer)
  if (refused) return refused
  if (target.closed) return closeOnly && !producer ? undefined : { kind: 'closed', next: target.head }
  // A close without messages may come with any content type (§5.3).
  if (contentType !== undefined && !closeOnly && contentType !== target.contentType) {
    if (mediaType(contentType) !== target.mediaType) return { kind: 'mismatch', contentType: target.contentType }
  }
  if (seq !== undefined && target.seq !== undefined && !follows(seq, target.seq)) {
    return { kind: 'stale-seq', seq: target.seq }
  }
  return undefined
}

function refuseProducer({ producers, head, closed }: Target, { id, epoch, seq }: Producer): AppendResult | undefined {
  const last = producers?.get(id)
  if (!last) return seq === 0 ? undefined : { kind: 'sequence-gap', expected: 0, received: seq }
  if (epoch < last.epoch) return { kind: 'fenced', epoch: last.epoch }
  if (epoch > last.epoch) return seq === 0 ? undefined : { kind: 'bad-epoch' }
  if (seq <= last.seq) return { kind: 'duplicate', next: head, epoch, seq: last.seq, closed }
  return seq === last.seq + 1 ? undefined : { kind: 'sequence-gap', expected: last.seq + 1, received: seq }
}

/** Byte-wise, as UTF-8: strings themselves compare by UTF-16 units. */
function follows(seq: string, last: string): boolean {
  return Buffer.compare(Buffer.from(seq), Buffer.from(last)) > 0
}
