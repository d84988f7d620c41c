/** What all event streams share: their head, their connection, where they resume and how long they live. */
import type { ServerResponse } from 'node:http'
import { Connection, type ConnectionEvents } from '../../core/reading/connection.js'
import type { Opening } from '../../core/reading/delivery.js'
import type { SubscriptionOptions } from '../../core/reading/subscription.js'
import type { Principal } from '../../core/rule.js'
import { tickMs, timed, type Wheel } from '../../core/wheel.js'
import { comment } from '../../protocol/event-stream.js'
import type { Framing } from '../../protocol/framing.js'
import type { ChannelName } from '../../protocol/name.js'
import { isOffset, type Position, parsePosition } from '../../protocol/offset.js'
import { responseWire } from '../../wires/response.js'
import type { Context } from '../context.js'
import type { FormHooks } from '../form-hooks.js'
import { coded, headOf, streamCodingOf } from '../http/compressed.js'
import type { Sharing } from '../http/cors.js'
import type { Exchange } from '../http/exchange.js'
import { securityHeaders } from '../http/headers.js'
import { foreignPosition } from '../http/last-event-id.js'
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

/** Of an event stream whose client reads `retry:`. */
export const retries: FormHooks = {
  drain: (ms, connection) => void connection.write(Buffer.from(`retry: ${ms}\n\n`)),
  comesBack: true,
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
  const headers = [...(options.headers ?? []), ...expiryHeaders(admission.principal)]
  writeStreamHead(response, admission.sharing, headOf(headers, coding))
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

/** Until when the credential holds that opened the stream, in milliseconds since 1970. */
function expiryHeaders({ expiresAt }: Principal): readonly string[] {
  return expiresAt === undefined || !Number.isFinite(expiresAt)
    ? []
    : ['Anywire-Expires', String(Math.floor(expiresAt))]
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

/** Its head leaves with its first bytes. Close-delimited, not chunked: one spelling for HTTP/1.0 upstreams, HTTP/1.1 and HTTP/2. */
export function writeStreamHead(response: ServerResponse, sharing: Sharing, headers: readonly string[] = []): void {
  response.useChunkedEncodingByDefault = false
  const multiplexed = response.req.httpVersionMajor >= 2
  const hop = multiplexed ? streamHeaders.slice(0, 4) : streamHeaders
  response.writeHead(200, ['Content-Type', streamType, ...hop, ...headers, ...securityHeaders(streamType, sharing)])
  // Over HTTP/2 the bytes go to the stream, past the response.
  if (multiplexed) response.flushHeaders()
}

/**
 * A stream that counts as present ends after so long, and up to a tenth more, to be asked for again: nothing else shows
 * that its client is still there.
 */
const presentMs = 54_000

/**
 * How long a plain event stream of these channels lives; random, so that streams that began together do not reconnect
 * together.
 */
export function lifeOf({ context }: Exchange, channels: readonly ChannelName[]): Pick<FormHooks, 'lifeMs'> {
  const { streamMs } = context.limits
  const lifeMs = countsIn(context, channels) ? Math.min(streamMs ?? presentMs, presentMs) : streamMs
  return lifeMs === null ? {} : { lifeMs: lifeMs * (1 + Math.random() / 10) }
}

/** Whether who reads one of these channels is present by that. */
export function countsIn({ rules }: Context, channels: readonly ChannelName[]): boolean {
  return channels.some((channel) => rules.of(channel).presence)
}

/** Begins to read on a stream that is open, unless it has been closed meanwhile. */
export function startReading(
  opened: Opening,
  connection: Connection,
  framing: Framing,
  options?: SubscriptionOptions,
): void {
  if (connection.closed) opened.release()
  else opened.start(connection, framing, options)
}

/** The `Last-Event-ID` that a browser sends. Text that is no offset counts as a position of another log. */
export function resumeFrom(lastEventId: string): Position {
  return isOffset(lastEventId) ? parsePosition(lastEventId) : foreignPosition(lastEventId)
}
