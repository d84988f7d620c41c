/** Plain SSE: `new EventSource(url)` and nothing else. PROTOCOL.md 3.4. */
import type { Opening } from '../../core/reading/delivery.js'
import { AnywireError } from '../../protocol/error.js'
import { eventStream, opening as openingLines } from '../../protocol/event-stream.js'
import { parsePosition } from '../../protocol/offset.js'
import type { Exchange } from '../http/exchange.js'
import { lastEventIdOf } from '../http/last-event-id.js'
import { readingOptions } from '../http/reading-options.js'
import { single } from '../http/target.js'
import { lifeOf, openStream, resumeFrom, retryMs, startReading } from './open-stream.js'

export async function plainStream(exchange: Exchange): Promise<void> {
  const { context, channel, target } = exchange
  const lastEventId = lastEventIdOf(exchange.request, target.query)
  const position =
    lastEventId === undefined ? parsePosition(single(target.query, 'offset') ?? 'now') : resumeFrom(lastEventId)
  const reading = readingOptions(target.query, eventStream)
  const opened = await context.open(channel, position)
  if (isAnswered(opened, exchange, lastEventId !== undefined)) return opened.release()
  const connection = openStream(exchange, eventStream, {
    opened: [opened],
    single: true,
    headers: ['Vary', 'Accept'],
    hooks: {
      drain: (ms) => connection.write(Buffer.from(`retry: ${ms}\n\n`)),
      comesBack: true,
      ...lifeOf(exchange, [channel]),
    },
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
