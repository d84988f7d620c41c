/** Plain SSE: `new EventSource(url)` and nothing else. PROTOCOL.md 3.4. */
import type { Opening } from '../../core/reading/delivery.js'
import type { SubscriptionOptions } from '../../core/reading/subscription.js'
import { AnywireError } from '../../protocol/error.js'
import { eventStream, opening as openingLines } from '../../protocol/event-stream.js'
import { parsePosition } from '../../protocol/offset.js'
import type { Exchange } from '../http/exchange.js'
import { lastEventIdOf } from '../http/last-event-id.js'
import { readingOptions } from '../http/reading-options.js'
import { single } from '../http/target.js'
import { lifeOf, openStream, resumeFrom, retries, retryMs, startReading } from './open-stream.js'

export function plainStream(exchange: Exchange): void | Promise<void> {
  const { context, channel, target } = exchange
  const lastEventId = lastEventIdOf(exchange.request, target.query)
  const position =
    lastEventId === undefined ? parsePosition(single(target.query, 'offset') ?? 'now') : resumeFrom(lastEventId)
  const reading = readingOptions(target.query, eventStream)
  const begin = (opened: Opening) => {
    if (isAnswered(opened, exchange, lastEventId !== undefined)) opened.release()
    else beginStream(exchange, opened, reading)
  }
  const opening = context.open(channel, position)
  return opening instanceof Promise ? opening.then(begin) : begin(opening)
}

function beginStream(exchange: Exchange, opened: Opening, reading: SubscriptionOptions): void {
  const life = lifeOf(exchange, [exchange.channel])
  const connection = openStream(exchange, eventStream, {
    opened: [opened],
    single: true,
    headers: ['Vary', 'Accept'],
    hooks: life.lifeMs === undefined ? retries : { ...retries, ...life },
  })
  // The id does not change before a gap: a reader that is cut off before the gap was announced gets it again.
  connection.write(openingLines(retryMs(), opened.result.kind === 'page' ? opened.result.from : undefined))
  startReading(opened, connection, eventStream, reading)
}

/** Answers in place of a stream if the channel is gone, cannot be sent as text, or has been read to its end. */
function isAnswered({ result, log }: Opening, exchange: Exchange, resumes: boolean): boolean {
  if (result.kind === 'gone') {
    exchange.fail(new AnywireError('gone', `The channel "${log.name}" was deleted.`))
    return true
  }
  if (log.kind === 'binary') {
    exchange.fail(
      new AnywireError(
        'not-acceptable',
        `"${log.name}" holds ${log.contentType}, which plain SSE cannot carry; use ?live=sse or a WebSocket.`,
      ),
    )
    return true
  }
  const atEnd = result.kind === 'page' && result.info.closed && result.upToDate && result.messages.length === 0
  if (!resumes || !atEnd) return false
  exchange.empty(['Cache-Control', 'no-store'])
  return true
}
