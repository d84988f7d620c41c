/** What the script of reads answers, in the words of the seam. */
import type { ReadResult } from '../../core/store.js'
import { mintOffset } from '../../protocol/offset.js'
import { missedAfter } from '../rules/position.js'
import { decodeAll, decodeInfo, type Reply } from './codec.js'

export function decodeRead(reply: readonly Reply[]): ReadResult {
  const kind = String(reply[0])
  if (kind === 'gone') return { kind: 'gone' }
  const [, known, fromMicros, fromNumber, toMicros, toNumber, all, messages] = reply
  const info = decodeInfo(known!)
  const from = mintOffset(fromMicros as number, fromNumber as number)
  if (kind === 'trimmed' || kind === 'reset') {
    const missed = kind === 'trimmed' ? missedAfter(from, info.earliest) : undefined
    return { kind: 'gap', info, reason: kind, from, to: info.earliest, missed }
  }
  const to = mintOffset(toMicros as number, toNumber as number)
  return { kind: 'page', info, from, to, messages: decodeAll(messages as readonly Reply[]), upToDate: all === 1 }
}
