/** GET: a page of the log as one body. [DS §5.6] */
import type { Page, ReadResult } from '../../core/store.js'
import { body } from '../../protocol/body.js'
import { AnywireError } from '../../protocol/error.js'
import { kindOf } from '../../protocol/message.js'
import { isOffset, type Position, parsePosition } from '../../protocol/offset.js'
import { lifetimeHeaders, pageCache, pageHeaders } from '../http/channel-headers.js'
import { codingOf, sendPage } from '../http/compressed.js'
import { matches } from '../http/etag.js'
import type { Exchange } from '../http/exchange.js'
import { header, single } from '../http/target.js'
import { isBehindVarnish } from '../http/varnish.js'
import { checkCreated, contentTypeOf } from './channel-info.js'

const noStore = ['Cache-Control', 'no-store']
/** Varnish turns HEAD into GET: without `offset` both have the same headers. */
const atNoPlace = 'no-cache, no-store'

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
  checkCreated(exchange, result.info)
  if (position.kind === 'now') return sendTail(exchange, result)
  return answerPage(exchange, result, position, until, asked)
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
    asked === undefined ? atNoPlace : pageCache(exchange, stays),
    'Vary',
    'Accept',
  ]
  if (snapshot && !upToDate) headers.push('Stream-Snapshot', 'partial', 'Stream-Snapshot-Until', until ?? info.head)
  if (matches(header(exchange.request, 'if-none-match'), etag)) return exchange.empty(headers, 304)
  const kind = kindOf(type)
  const bytes = body(kind).encode({ channel: exchange.channel, kind, from, to, messages, upToDate, closed })
  return sendPage(exchange, type, headers, key, bytes)
}
