/** Durable SSE: `GET ?live=sse&offset=`, a control event after every data event, and at once. [DS §5.8] */
import { durableSse, nextCursor } from '../../protocol/durable-sse.js'
import { AnywireError } from '../../protocol/error.js'
import type { Kind } from '../../protocol/message.js'
import { parsePosition } from '../../protocol/offset.js'
import type { Exchange } from '../http/exchange.js'
import { lastEventIdOf } from '../http/last-event-id.js'
import { single } from '../http/target.js'
import { openStream, resumeFrom, retries, startReading } from './open-stream.js'

export async function durableStream(exchange: Exchange): Promise<void> {
  const { context, channel, target, request } = exchange
  const given = single(target.query, 'offset')
  if (given === undefined)
    throw new AnywireError('bad-request', 'Live reading needs "offset": send -1, now or an offset.')
  const lastEventId = lastEventIdOf(request, target.query)
  const opened = await context.open(channel, lastEventId ? resumeFrom(lastEventId) : parsePosition(given))
  const { result } = opened
  if (result.kind !== 'page') {
    opened.release()
    throw context.lossOf(channel, result)
  }
  const { kind } = opened.log
  const cursor = nextCursor(target.query.get('cursor') ?? undefined, Date.now(), Math.random())
  const framing = durableSse(kind, cursor)
  const headers = encodingHeader(kind)
  const connection = openStream(exchange, framing, {
    opened: [opened],
    single: true,
    headers,
    hooks: { ...retries, lifeMs: context.limits.durableSseMs },
  })
  if (result.messages.length === 0 && result.upToDate && !result.info.closed) {
    const { from, to } = result
    connection.write(framing.encode({ channel, kind, from, to, messages: [], upToDate: true, closed: false }))
  }
  startReading(opened, connection, framing)
}

function encodingHeader(kind: Kind): readonly string[] {
  return kind === 'binary' ? ['Stream-SSE-Data-Encoding', 'base64'] : []
}
