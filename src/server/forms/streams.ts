/** Event streams: plain SSE, durable SSE, many channels, and `anywire.v1` over POST share how they open and end. */
import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { Connection, type ConnectionEvents } from '../../core/reading/connection.js'
import type { Opening } from '../../core/reading/delivery.js'
import type { SubscriptionOptions } from '../../core/reading/subscription.js'
import { tickMs, timed, type Wheel } from '../../core/wheel.js'
import { durableSse, nextCursor } from '../../protocol/durable-sse.js'
import { AnywireError } from '../../protocol/error.js'
import { comment, eventStream, opening as openingLines } from '../../protocol/event-stream.js'
import type { Framing } from '../../protocol/framing.js'
import type { Kind } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { isOffset, type Position, parsePosition } from '../../protocol/offset.js'
import { responseWire } from '../../wires/response.js'
import type { FormHooks } from '../connections.js'
import { coded, headOf, streamCodingOf } from '../http/compressed.js'
import type { Sharing } from '../http/cors.js'
import type { Exchange } from '../http/exchange.js'
import { securityHeaders } from '../http/headers.js'
import { foreignPosition, lastEventIdOf } from '../http/last-event-id.js'
import { readingOptions } from '../http/reading-options.js'
import { single } from '../http/target.js'
import { isBehindVarnish } from '../http/varnish.js'

const streamType = 'text/event-stream'
const streamHeaders = [
  'Cache-Control',
  'no-cache, no-store, no-transform',
  'X-Accel-Buffering',
  'no',
  'Connection',
  'close',
]

/** Milliseconds after which a browser reconnects; random, so that not all reconnect at once. */
export function retryMs(): number {
  return 1_000 + Math.round(Math.random() * 2_000)
}

export interface StreamOptions {
  readonly headers?: readonly string[]
  readonly single?: boolean
  readonly hooks?: FormHooks
  readonly events?: ConnectionEvents
  /** The opened channels: released if there is no room for the stream. */
  readonly opened?: readonly Opening[]
  /** The channels it carries, if these are not what was opened. */
  readonly channels?: readonly ChannelName[]
}

/**
 * Writes the head of an event stream and makes a connection of the response.
 * @throws AnywireError `too-many`, before the head.
 */
export function openStream(exchange: Exchange, framing: Framing, options: StreamOptions = {}): Connection {
  const { response, context, admission } = exchange
  const { opened = [], channels = opened.map(({ log }) => log.name) } = options
  try {
    context.checkRoom(admission.address)
  } catch (thrown) {
    for (const opening of opened) opening.release()
    throw thrown
  }
  // From here on its memory is bounded by the room of its wire.
  context.turns.weigh(response, 0)
  const coding = streamCodingOf(exchange, channels)
  holdTogether(response)
  writeStreamHead(response, admission.sharing, headOf(options.headers ?? [], coding))
  const connection = new Connection({
    wire: coded(responseWire(response, context.limits.stallMs), exchange, coding),
    heartbeat: framing.heartbeat,
    principal: admission.principal,
    // The name of a durable framing goes on with what its readers share.
    transport: framing.name.split(':', 1)[0],
    wheel: context.delivery.wheel,
    times: context.limits,
    single: options.single ?? false,
  })
  if (options.events) connection.listen(options.events)
  context.welcome(
    connection,
    admission,
    options.hooks,
    opened.map(({ log }) => log.name),
  )
  if (isBehindVarnish(exchange.request)) nudge(connection, context.delivery.wheel)
  return connection
}

/** The head and first bytes of a stream are sent in one packet, at the end of this step. */
function holdTogether({ socket }: ServerResponse): void {
  if (!(socket instanceof Socket)) return
  socket.cork()
  process.nextTick(() => socket.uncork())
}

/**
 * If Varnish gets head and first bytes of a close-delimited answer in one packet, it holds both until more bytes come
 * (7.1, `v1f_read`). So more bytes are sent.
 */
function nudge(connection: Connection, wheel: Wheel): void {
  wheel.schedule(
    timed(() => connection.write(comment)),
    tickMs,
  )
}

/** Close-delimited, not chunked: one spelling for HTTP/1.0 upstreams, HTTP/1.1 and HTTP/2. */
export function writeStreamHead(response: ServerResponse, sharing: Sharing, headers: readonly string[] = []): void {
  response.useChunkedEncodingByDefault = false
  const hop = response.req.httpVersionMajor >= 2 ? streamHeaders.slice(0, 4) : streamHeaders
  response.writeHead(200, ['Content-Type', streamType, ...hop, ...headers, ...securityHeaders(streamType, sharing)])
  response.flushHeaders()
}

/** Plain SSE: `new EventSource(url)` and nothing else. PROTOCOL.md 3.4. */
export async function plainStream(exchange: Exchange): Promise<void> {
  const { context, channel, target } = exchange
  const lastEventId = lastEventIdOf(exchange.request, target.query)
  const position =
    lastEventId === undefined ? parsePosition(single(target.query, 'offset') ?? 'now') : resumeFrom(lastEventId)
  const reading = readingOptions(target.query, eventStream)
  const opened = await context.open(channel, position)
  const refused = refusalOf(opened, exchange, lastEventId !== undefined)
  if (refused) return refused()
  const connection = openStream(exchange, eventStream, {
    opened: [opened],
    single: true,
    headers: ['Vary', 'Accept'],
    hooks: { drain: (ms) => connection.write(Buffer.from(`retry: ${ms}\n\n`)), ...lifeOf(exchange) },
  })
  // The id does not change before a gap: a reader that is cut off before the gap was announced gets it again.
  connection.write(openingLines(retryMs(), opened.result.kind === 'page' ? opened.result.from : undefined))
  start(opened, connection, eventStream, reading)
}

/** Durable SSE [DS §5.8]: a control event after every data event, and at once. */
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
  const hooks = { lifeMs: context.limits.durableSseMs }
  const headers = encodingHeader(kind)
  const connection = openStream(exchange, framing, { opened: [opened], single: true, headers, hooks })
  if (result.messages.length === 0 && result.upToDate && !result.info.closed) {
    const { from, to } = result
    connection.write(framing.encode({ channel, kind, from, to, messages: [], upToDate: true, closed: false }))
  }
  start(opened, connection, framing)
}

/** How long a plain event stream lives; random, so that streams that began together do not reconnect together. */
export function lifeOf({ context }: Exchange): Pick<FormHooks, 'lifeMs'> {
  const { streamMs } = context.limits
  return streamMs === null ? {} : { lifeMs: streamMs * (1 + Math.random() / 10) }
}

function encodingHeader(kind: Kind): readonly string[] {
  return kind === 'binary' ? ['Stream-SSE-Data-Encoding', 'base64'] : []
}

function start(opened: Opening, connection: Connection, framing: Framing, options?: SubscriptionOptions): void {
  if (connection.closed) opened.release()
  else opened.start(connection, framing, options)
}

/** The `Last-Event-ID` that a browser sends. Text that is no offset counts as a position of another log. */
function resumeFrom(lastEventId: string): Position {
  return isOffset(lastEventId) ? parsePosition(lastEventId) : foreignPosition(lastEventId)
}

/** The answer that replaces a plain event stream: the channel cannot be sent as text, or has been read to its end. */
function refusalOf(opened: Opening, exchange: Exchange, resumed: boolean): (() => void) | undefined {
  const { result, log } = opened
  const no = (act: () => void) => () => {
    opened.release()
    act()
  }
  if (result.kind === 'gone')
    return no(() => exchange.fail(new AnywireError('gone', `The channel "${log.name}" was deleted.`)))
  if (log.kind === 'binary')
    return no(() =>
      exchange.fail(
        new AnywireError(
          'not-acceptable',
          `"${log.name}" holds ${log.contentType}, which plain SSE cannot carry; use ?live=sse or a WebSocket.`,
        ),
      ),
    )
  const atEnd = result.kind === 'page' && result.info.closed && result.upToDate && result.messages.length === 0
  if (resumed && atEnd) return no(() => exchange.empty(['Cache-Control', 'no-store']))
  return undefined
}
