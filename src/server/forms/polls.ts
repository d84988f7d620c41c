/** Long polls: durable [DS §5.7], which collapse in caches, and plain, which wait from now. */

import { Connection } from '../../core/reading/connection.js'
import type { Opening } from '../../core/reading/delivery.js'
import { gapError } from '../../core/reading/gap-error.js'
import type { Subscription } from '../../core/reading/subscription.js'
import { storeDown } from '../../core/store-down.js'
import { timed } from '../../core/wheel.js'
import { body, pollBody } from '../../protocol/body.js'
import { AnywireError } from '../../protocol/error.js'
import type { Framing } from '../../protocol/framing.js'
import type { Gap, Slice } from '../../protocol/message.js'
import { type Offset, parsePosition } from '../../protocol/offset.js'
import { pollCursor } from '../../protocol/poll-cursor.js'
import { type PollAnswer, PollWire } from '../../wires/poll.js'
import { sendParts } from '../http/compressed.js'
import type { Exchange } from '../http/exchange.js'
import { single } from '../http/target.js'
import { cacheScope, immutable, pageHeaders } from './catch-up.js'

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
  wait(exchange, opened, { framing: body(kind) }, (answer, place) => {
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

/** `GET ?live=poll`: whatever comes while the request waits. PROTOCOL.md 3.6. */
export async function plainPoll(exchange: Exchange): Promise<void> {
  const opened = await exchange.context.open(exchange.channel, { kind: 'now' })
  const { result, log } = opened
  if (result.kind !== 'page') {
    opened.release()
    throw exchange.context.lossOf(exchange.channel, result)
  }
  const answerPoll = (answer: PollAnswer) => {
    if (answer.kind === 'slice' && answer.body.length > 0)
      sendParts(exchange, 'application/json', noStore, [{ bytes: answer.body, slice: answer.slice }])
    else exchange.empty(noStore)
  }
  wait(exchange, opened, { framing: newsOnly(pollBody(log.kind)), settles: true }, answerPoll)
}

/** Tombstones alone are no answer: the poll keeps waiting. */
function newsOnly({ name, encode }: Framing): Framing {
  const nothing = Buffer.alloc(0)
  return { name, encode: (slice) => (slice.messages.some(({ data }) => data) ? encode(slice) : nothing) }
}

/** The messages after an offset stay the same; those after `now` or `-1` do not. */
function pollHeaders(exchange: Exchange, slice: Slice, asked: string): string[] {
  const stays = slice.from === asked
  return [...pageHeaders(slice), ...(stays ? ['Cache-Control', `${cacheScope(exchange)}, ${immutable}`] : noStore)]
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

/** The position of a reader that got nothing. */
type PollPlace = Pick<Slice, 'to' | 'upToDate' | 'closed'>

interface PollWait {
  readonly framing: Framing
  /**
   * The reader has no position to resume from: messages published before the end of the time are waited for, if the
   * store has them.
   */
  readonly settles?: boolean
}

/** How long to wait for the store at a time, and how often at most. */
const settleMs = 100

/** Holds the request until there is a slice, the channel ends, or the time is up. */
function wait(
  exchange: Exchange,
  opened: Opening,
  { framing, settles = false }: PollWait,
  answer: (answer: PollAnswer, place: PollPlace) => void,
): void {
  const { context, admission, response } = exchange
  const { wheel } = context.delivery
  let subscription: Subscription | undefined
  const wire = new PollWire(response, (polled) => {
    if (polled.kind === 'closed' && polled.reason) exchange.fail(polled.reason)
    else answer(polled, placeOf(opened, subscription))
  })
  const connection = new Connection({
    wire,
    heartbeat: framing.heartbeat,
    principal: admission.principal,
    transport: settles ? 'poll' : 'long-poll',
    wheel,
    times: context.limits,
    single: true,
  })
  if (settles) connection.listen({ gap: (_subscription, gap) => passes(connection, opened, gap) })
  let rounds = Math.ceil(context.limits.storeMs / settleMs)
  const timeUp = () => {
    connection.flush()
    if (connection.closed) return
    const settled = !settles || (opened.log.ready && subscription?.state !== 'reading')
    if (settled) connection.close()
    else if (rounds-- > 0) wheel.schedule(timed(timeUp), settleMs)
    else connection.close(storeDown(new Error('A plain poll waited in vain for the store.')))
  }
  exchange.rest()
  try {
    context.welcome(connection, admission, { lifeMs: context.limits.pollMs, timeUp }, [exchange.channel])
  } catch (thrown) {
    opened.release()
    throw thrown
  }
  if (connection.closed) opened.release()
  else subscription = opened.start(connection, framing)
}

/** The position in the 204: that of this reader, which may be behind the head. */
function placeOf({ log, position }: Opening, subscription: Subscription | undefined): PollPlace {
  const to = subscription?.position ?? position ?? ''
  const upToDate = log.ready && to === log.head
  return { to, upToDate, closed: upToDate && log.closed }
}

/** After a reset all messages come from the new beginning. Other gaps contain messages that the reader waited for. */
function passes(connection: Connection, { log }: Opening, gap: Gap): boolean {
  if (gap.reason === 'reset') return true
  connection.close(gapError(log.name, gap))
  return false
}
