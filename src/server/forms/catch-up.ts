/** GET: a page of the log as one body; HEAD: the state of a channel. [DS §5.5, §5.6] */
import type { ChannelInfo, Page, ReadResult } from '../../core/store.js'
import { body } from '../../protocol/body.js'
import { AnywireError } from '../../protocol/error.js'
import { kindOf, type Slice } from '../../protocol/message.js'
import { isOffset, type Position, parsePosition } from '../../protocol/offset.js'
import { endWithin } from '../../wires/ending.js'
import { codingOf, sendPage } from '../http/compressed.js'
import { matches } from '../http/etag.js'
import type { Exchange } from '../http/exchange.js'
import { header, single } from '../http/target.js'
import { isBehindVarnish } from '../http/varnish.js'

const noStore = ['Cache-Control', 'no-store']

/** HEAD: the channel's type, tail, lifetime and whether it is closed. Does not renew the TTL. */
export async function describe(exchange: Exchange): Promise<void> {
  const info = await infoOf(exchange)
  exchange.checkStanding()
  exchange.writeHead(200, contentTypeOf(exchange, info), [...noStore, ...tailHeaders(info), ...lifetimeHeaders(info)])
  endWithin(exchange.response, undefined, exchange.context.limits.stallMs)
}

export async function catchUp(exchange: Exchange): Promise<void> {
  const { query } = exchange.target
  const asked = single(query, 'offset')
  const position = parsePosition(asked ?? '-1')
  const until = single(query, 'until')
  if (until !== undefined && !isOffset(until))
    throw new AnywireError('bad-request', '"until" must be what Stream-Snapshot-Until said.')
  const result = await read(exchange, position, until)
  exchange.checkStanding()
  if (result.kind !== 'page') throw exchange.context.lossOf(exchange.channel, result)
  unknownUnlessCreated(exchange, result.info)
  if (position.kind === 'now') return sendTail(exchange, result)
  return answerPage(exchange, result, position, until, asked)
}

/** Headers that say where a body ends in the log. */
export function pageHeaders(slice: Pick<Slice, 'to' | 'upToDate' | 'closed'>): string[] {
  const headers = ['Stream-Next-Offset', slice.to]
  if (slice.upToDate) headers.push('Stream-Up-To-Date', 'true')
  if (slice.closed) headers.push('Stream-Closed', 'true')
  return headers
}

/** `public` only by rule, and only for what was read without credential. */
export function cacheScope(exchange: Exchange): 'public' | 'private' {
  const { context, admission, channel } = exchange
  return !admission.credentialed && context.rules.of(channel).cache === 'public' ? 'public' : 'private'
}

/** Varnish turns HEAD into GET: without `offset` both have the same headers. */
const atNoPlace = 'no-cache, no-store'

export const immutable = 'max-age=60, stale-while-revalidate=300'

/** The info of a channel that may be read. @throws AnywireError `unknown-channel` or `gone`. */
export async function infoOf(exchange: Exchange): Promise<ChannelInfo> {
  const { context, channel } = exchange
  const info = await context.delivery.reads.info(channel)
  if (info === 'gone') throw context.lossOf(channel, { kind: 'gone' })
  unknownUnlessCreated(exchange, info)
  return info
}

export function contentTypeOf(exchange: Exchange, info: ChannelInfo): string {
  return info.contentType ?? exchange.context.rules.of(exchange.channel).config.contentType
}

function unknownUnlessCreated({ context, channel }: Exchange, info: ChannelInfo): void {
  if (!info.exists && context.create === 'explicit') throw unknownChannel(channel)
}

export function unknownChannel(channel: string): AnywireError {
  return new AnywireError('unknown-channel', `There is no channel "${channel}"; create it with PUT.`)
}

/**
 * Pages end at message numbers that are a multiple of this, so that readers with different starts ask for the same
 * pages, and caches can answer them.
 */
const pageAlign = 1_024

function read(exchange: Exchange, position: Position, until: string | undefined): Promise<ReadResult> {
  const { context, channel, request } = exchange
  const { query } = exchange.target
  const { delivery, headQuirk } = context
  const { reads } = delivery
  const limit = { messages: context.limits.pageMessages, bytes: context.limits.pageBytes, align: pageAlign }
  if (position.kind === 'snapshot') return reads.snapshot(channel, { after: undefined, until: undefined }, limit)
  if (until !== undefined && position.kind === 'at')
    return reads.snapshot(channel, { after: position.offset, until }, limit)
  const doubtful = single(query, 'offset') === undefined && isBehindVarnish(request)
  if (!doubtful) headQuirk.settle(channel)
  return reads.fresh(channel, position, limit, !doubtful || headQuirk.renews(channel))
}

/** `offset=now`: where the log ends, and nothing of it. */
function sendTail(exchange: Exchange, page: Page): void {
  const type = contentTypeOf(exchange, page.info)
  const slice = { to: page.to, upToDate: true, closed: page.info.closed }
  exchange.send(200, type, [...noStore, ...pageHeaders(slice), 'Vary', 'Accept'], kindOf(type) === 'json' ? '[]' : '')
}

async function answerPage(
  exchange: Exchange,
  page: Page,
  position: Position,
  until: string | undefined,
  asked: string | undefined,
): Promise<void> {
  const { info, from, to, messages, upToDate } = page
  const snapshot = position.kind === 'snapshot' || until !== undefined
  const closed = upToDate && info.closed && !snapshot
  const type = contentTypeOf(exchange, info)
  const key = `${from}-${to}${snapshot ? `:s${until ?? info.head}` : ''}${upToDate ? ':u' : ''}${closed ? ':c' : ''}`
  // Another representation has another tag (RFC 9110 §8.8.3.3).
  const etag = codingOf(exchange, [exchange.channel]).gzip ? `"${key}:gzip"` : `"${key}"`
  const stays = position.kind === 'at' && !upToDate && !snapshot && asked === from
  const headers = [
    ...pageHeaders({ to, upToDate: upToDate && to === info.head, closed }),
    ...lifetimeHeaders(info),
    'ETag',
    etag,
    'Cache-Control',
    stays ? `${cacheScope(exchange)}, ${immutable}` : asked === undefined ? atNoPlace : 'no-cache',
    'Vary',
    'Accept',
  ]
  if (snapshot && !upToDate) headers.push('Stream-Snapshot', 'partial', 'Stream-Snapshot-Until', until ?? info.head)
  if (matches(header(exchange.request, 'if-none-match'), etag)) return exchange.empty(headers, 304)
  const kind = kindOf(type)
  const bytes = body(kind).encode({ channel: exchange.channel, kind, from, to, messages, upToDate, closed })
  return sendPage(exchange, type, headers, key, bytes)
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
