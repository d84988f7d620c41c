/** Durable long poll: `GET ?live=long-poll&offset=`, whose answers caches share. [DS §5.7] */
import type { Opening } from '../../core/reading/delivery.js'
import { body } from '../../protocol/body.js'
import { AnywireError } from '../../protocol/error.js'
import type { Framing } from '../../protocol/framing.js'
import type { Slice } from '../../protocol/message.js'
import { type Offset, parsePosition } from '../../protocol/offset.js'
import { pollCursor } from '../../protocol/poll-cursor.js'
import { cacheScope, immutable, pageCache, pageHeaders } from '../http/channel-headers.js'
import { sendParts } from '../http/compressed.js'
import type { Exchange } from '../http/exchange.js'
import { single } from '../http/target.js'
import { openPoll, Poll, type PollPlace } from './poll-wait.js'

export function longPoll(exchange: Exchange): void | Promise<void> {
  const { query } = exchange.target
  const given = single(query, 'offset')
  if (given === undefined)
    throw new AnywireError('bad-request', 'Live reading needs "offset": send -1, now or an offset.')
  const cursor = query.get('cursor') ?? undefined
  return openPoll(exchange, parsePosition(given), (opened) => {
    const framing = body(opened.log.kind)
    new LongPoll(exchange, opened, framing, { given, cursor }).wait(opened, framing)
  })
}

/** What a client sent of its place. */
interface Asked {
  readonly given: string
  readonly cursor: string | undefined
}

class LongPoll extends Poll {
  readonly #asked: Asked

  constructor(exchange: Exchange, opened: Opening, framing: Framing, asked: Asked) {
    super(exchange, opened, framing, 'long-poll')
    this.#asked = asked
  }

  protected answer(slice: Slice, body: Buffer): void {
    if (slice.messages.length === 0) return this.answerNothing(slice)
    const headers = pollHeaders(this.exchange, slice, this.#asked.given)
    if (!slice.closed) this.#addCursor(headers, slice.to)
    sendParts(this.exchange, this.log.contentType, headers, [{ bytes: body, slice }])
  }

  protected answerNothing(at: PollPlace): void {
    const cache = at.upToDate ? emptyCache(this.exchange, at.to === this.#asked.given, at.closed) : 'no-store'
    const headers = ['Cache-Control', cache, ...pageHeaders(at)]
    if (!at.closed) this.#addCursor(headers, at.to, Date.now())
    this.exchange.empty(headers)
  }

  #addCursor(headers: string[], to: Offset, nowMs?: number): void {
    headers.push('Stream-Cursor', String(pollCursor(this.#asked.cursor, to, nowMs)))
  }
}

/** The messages after an offset stay the same; those after `now` or `-1` do not. */
function pollHeaders(exchange: Exchange, slice: Slice, asked: string): string[] {
  const headers = pageHeaders(slice)
  headers.push('Cache-Control', slice.from === asked ? pageCache(exchange, true) : 'no-store')
  return headers
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
