/** Headers that say where an answer ends in a log, how long the channel lives, and who may keep the answer. */
import type { ChannelInfo } from '../../core/store.js'
import type { Slice } from '../../protocol/message.js'
import type { Exchange } from './exchange.js'

/** Headers that say where a body ends in the log. */
export function pageHeaders(slice: Pick<Slice, 'to' | 'upToDate' | 'closed'>): string[] {
  const headers = ['Stream-Next-Offset', slice.to]
  if (slice.upToDate) headers.push('Stream-Up-To-Date', 'true')
  if (slice.closed) headers.push('Stream-Closed', 'true')
  return headers
}

export function tailHeaders(info: ChannelInfo): string[] {
  return info.closed ? ['Stream-Next-Offset', info.head, 'Stream-Closed', 'true'] : ['Stream-Next-Offset', info.head]
}

export function lifetimeHeaders(info: ChannelInfo): string[] {
  const headers: string[] = []
  if (info.ttlSeconds !== undefined) headers.push('Stream-TTL', String(info.ttlSeconds))
  if (info.expiresAt !== undefined) headers.push('Stream-Expires-At', new Date(info.expiresAt).toISOString())
  return headers
}

/** `public` only by rule, and only for what was read without credential. */
export function cacheScope(exchange: Exchange): 'public' | 'private' {
  const { context, admission, channel } = exchange
  return !admission.credentialed && context.rules.of(channel).cache === 'public' ? 'public' : 'private'
}

/**
 * Who may keep a page, and for how long; `stays`: it holds what comes after an offset, which stays the same. What a
 * credential opened is asked for again each time, since that may have been revoked.
 */
export function pageCache(exchange: Exchange, stays: boolean): string {
  if (exchange.admission.credentialed) return 'private, no-cache'
  return stays ? `${cacheScope(exchange)}, ${immutable}` : 'no-cache'
}

/** For what stays the same: the messages after an offset. */
export const immutable = 'max-age=60, stale-while-revalidate=300'
