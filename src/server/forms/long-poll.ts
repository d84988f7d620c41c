/** Durable long poll: `GET ?live=long-poll&offset=`, whose answers caches share. [DS §5.7] */
import { body } from '../../protocol/body.js'
import { AnywireError } from '../../protocol/error.js'
import type { Slice } from '../../protocol/message.js'
import { type Offset, parsePosition } from '../../protocol/offset.js'
import { pollCursor } from '../../protocol/poll-cursor.js'
import { cacheScope, immutable, pageCache, pageHeaders } from '../http/channel-headers.js'
import { sendParts } from '../http/compressed.js'
import type { Exchange } from '../http/exchange.js'
import { single } from '../http/target.js'
import { waitForSlice } from './poll-wait.js'

const noStore = ['Cache-Control', 'no-store']

export async function longPoll(exchange: Exchange): Promise<void> {
  const { context, channel, target } = exchange
  const given = single(target.query, 'offset')
  if (given === undefined)
    throw new AnywireError('bad-request', 'Live reading needs "offset": send -1, now or an offset.')
  const opened = await context.open(channel, parsePosition(given))
  const { result } = opened
  if (result.kind !== 'page') {
    opened.release()
    throw context.lossOf(channel, result)
  }
  const { contentType, kind } = opened.log
  const sent = target.query.get('cursor') ?? undefined
  const cursor = (to: Offset, nowMs?: number) => ['Stream-Cursor', String(pollCursor(sent, to, nowMs))]
  waitForSlice(exchange, opened, { framing: body(kind) }, (answer, place) => {
    if (answer.kind === 'slice' && answer.slice.messages.length > 0)
      return sendParts(
        exchange,
        contentType,
        [...pollHeaders(exchange, answer.slice, given), ...(answer.slice.closed ? [] : cursor(answer.slice.to))],
        [{ bytes: answer.body, slice: answer.slice }],
      )
    const at = answer.kind === 'slice' ? answer.slice : place
    exchange.empty([
      'Cache-Control',
      at.upToDate ? emptyCache(exchange, at.to === given, at.closed) : 'no-store',
      ...pageHeaders(at),
      ...(at.closed ? [] : cursor(at.to, Date.now())),
    ])
  })
}

/** The messages after an offset stay the same; those after `now` or `-1` do not. */
function pollHeaders(exchange: Exchange, slice: Slice, asked: string): string[] {
  const stays = slice.from === asked
  return [...pageHeaders(slice), ...(stays ? ['Cache-Control', pageCache(exchange, true)] : noStore)]
}

/**
 * Shared caches keep an empty answer for a moment, so that all readers that waited for one request are answered by it.
 * They continue with another cursor. Otherwise a cache lets them wait one after the other. The answer that a channel is
 * closed stays valid.
 */
function emptyCache(exchange: Exchange, atGiven: boolean, closed: boolean): string {
  if (!atGiven || cacheScope(exchange) === 'private') return 'no-store'
  return `public, ${closed ? immutable : 'max-age=0, s-maxage=1, stale-while-revalidate=0'}`
}
