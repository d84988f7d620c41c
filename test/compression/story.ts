/** Messages that compression makes smaller, who accepts it, and what is sent compressed. */
import { constants, deflateRawSync } from 'node:zlib'
import type { BatchMessage } from '../../src/index.js'

/** So many messages of about 120 bytes, numbered from `first` on. */
export function story(count: number, first = 0): BatchMessage[] {
  return Array.from({ length: count }, (_, i) => ({
    data: {
      n: first + i,
      symbol: 'ACME',
      price: 100 + ((first + i) % 17),
      venue: 'somewhere',
      note: 'as before, as before',
    },
  }))
}

export const gzip = { headers: { 'Accept-Encoding': 'gzip' } } as const

/** The payload of a compressed frame, as RFC 7692 §7.2.1 has it. */
export function deflated(plain: string | Buffer): Buffer {
  return deflateRawSync(plain, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
}
