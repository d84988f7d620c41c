/** What the script of appends answers, in the words of the seam. */
import type { AppendResult } from '../../core/store.js'
import { mintOffset, type Offset } from '../../protocol/offset.js'
import type { Reply } from './codec.js'
import { outcome } from './lua/append.js'

type Answer = readonly [kind: number, ...rest: Reply[]]

const offsetOf = (micros: Reply | undefined, number: Reply | undefined) =>
  mintOffset(micros as number, number as number)
const numberOf = (text: Reply | undefined) => Number(String(text))

/** What was stored is answered as bytes: its *when*, the first and the last number, whether it is closed. */
function decodeAppended(bytes: Buffer): AppendResult {
  const micros = bytes.readDoubleBE(0)
  const [first, next] = [8, 16].map((at) => mintOffset(micros, bytes.readDoubleBE(at))) as [Offset, Offset]
  return { kind: 'appended', first, next, closed: bytes[24] === 1 }
}

export function decodeOutcome(reply: Reply): AppendResult {
  if (Buffer.isBuffer(reply)) return decodeAppended(reply)
  const [kind, one, two, three, four, five] = (reply ?? []) as Partial<Answer>
  switch (kind) {
    case outcome.appended:
      return { kind: 'appended', first: offsetOf(one, two), next: offsetOf(three, four), closed: five === 1 }
    case outcome.duplicate:
      return {
        ...{ kind: 'duplicate', next: offsetOf(one, two), closed: five === 1 },
        ...{ epoch: numberOf(three), seq: numberOf(four) },
      }
    case outcome.fenced:
      return { kind: 'fenced', epoch: numberOf(one) }
    case outcome.sequenceGap:
      return { kind: 'sequence-gap', expected: numberOf(one), received: numberOf(two) }
    case outcome.badEpoch:
      return { kind: 'bad-epoch' }
    case outcome.closed:
      return { kind: 'closed', next: offsetOf(one, two) }
    case outcome.mismatch:
      return { kind: 'mismatch', contentType: String(one) }
    case outcome.staleSeq:
      return { kind: 'stale-seq', seq: String(one) }
    case outcome.missing:
      return { kind: 'missing' }
    case outcome.gone:
      return { kind: 'gone' }
    default:
      throw new Error(`Redis answered an append with ${kind}, which is no outcome.`)
  }
}
