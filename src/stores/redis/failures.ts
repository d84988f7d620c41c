/** What a failure of Redis says of what was asked: certainly not done, or not known. */
import { storeDown } from '../../core/store-down.js'
import { AnywireError } from '../../protocol/error.js'
import { format } from './format.js'

/** Answers that come before anything is written. */
const refusals = new Set([
  ...['READONLY', 'LOADING', 'MASTERDOWN', 'CLUSTERDOWN', 'TRYAGAIN', 'NOREPLICAS', 'MISCONF', 'BUSY'],
  ...['NOSCRIPT', 'MOVED', 'ASK', 'NOAUTH', 'WRONGPASS', 'OOM', 'DENIED'],
])

/** Redis answered with an error: what it is called, if it is one of those. */
export function refusalOf(thrown: unknown): string | undefined {
  const word = thrown instanceof Error ? /^[A-Z]+\b/.exec(thrown.message)?.[0] : undefined
  return word !== undefined && refusals.has(word) ? word : undefined
}

/** Nothing has been asked: there is no connection. */
export function offline(): AnywireError {
  return storeDown(new Error('There is no connection to Redis.'))
}

/** What a call failed with, as the seam wants it: `store-down` says that nothing has been done. */
export function failure(thrown: unknown): unknown {
  if (thrown instanceof AnywireError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const other = /^ANYWIREFORMAT (\S+)/.exec(message)?.[1]
  if (other !== undefined) return new OtherFormat(other)
  return refusalOf(thrown) ? storeDown(thrown) : thrown
}

/** Redis holds what this release cannot read. When the store is open it is an outage: others may know the format. */
export class OtherFormat extends AnywireError {
  constructor(found: string) {
    const known = Object.values(format).join(' and ')
    const sentence = `This Redis holds a store of format ${found}; this release reads the formats ${known}.`
    super('store-down', sentence, { details: { retryMs: 1_000 } })
  }
}

/** Redis takes no more: why, as a sentence. */
export function fullness(thrown: unknown): string | undefined {
  if (refusalOf(thrown) !== 'OOM') return undefined
  return 'Redis holds its "maxmemory": delete channels, let them keep less, or raise it.'
}
