/** Answers for clients that accept gzip: event streams, pages, and bodies made of slices. PROTOCOL.md 6.2. */
import type { Wire } from '../../core/wire.js'
import type { ChannelName } from '../../protocol/name.js'
import type { BodyPart } from '../../wires/compressor.js'
import { GzipWire } from '../../wires/gzip-wire.js'
import type { Exchange } from './exchange.js'
import { acceptsGzip } from './negotiation.js'
import { isBehindVarnish } from './varnish.js'

/** Whether the body of an answer is gzip, and whether that is up to the client. */
export interface Coding {
  readonly varies: boolean
  readonly gzip: boolean
}

const plain: Coding = { varies: false, gzip: false }
const refused: Coding = { varies: true, gzip: false }
const accepted: Coding = { varies: true, gzip: true }

/** The head of an answer with this coding; what it has for `Vary` already stays in it. */
export function headOf(headers: readonly string[], { varies, gzip }: Coding): readonly string[] {
  if (!varies) return headers
  const at = headers.indexOf('Vary')
  const vary = at < 0 ? 'Accept-Encoding' : `${headers[at + 1]}, Accept-Encoding`
  const others = at < 0 ? headers : headers.toSpliced(at, 2)
  return [...others, 'Vary', vary, ...(gzip ? ['Content-Encoding', 'gzip'] : [])]
}

/** How an answer is coded that carries these channels: gzip if one of them is compressed and the client accepts it. */
export function codingOf({ context, request }: Exchange, channels: readonly ChannelName[]): Coding {
  if (!channels.some((channel) => context.compressor.of(channel))) return plain
  return acceptsGzip(request) ? accepted : refused
}

/**
 * The same of an event stream. Varnish asks for gzip whatever its client accepts, and inflates for those who do not; of
 * a stream it holds back what it inflates (7.1), so it gets streams plain.
 */
export function streamCodingOf(exchange: Exchange, channels: readonly ChannelName[]): Coding {
  const coding = codingOf(exchange, channels)
  return coding.gzip && isBehindVarnish(exchange.request) ? refused : coding
}

/** The wire of an answer's body. */
export function coded(wire: Wire, { context }: Exchange, { gzip }: Coding): Wire {
  return gzip ? new GzipWire(wire, context.compressor) : wire
}

/**
 * Answers 200 with a body made of slices and what stands between them: each slice is compressed once, in whichever
 * bodies it stands.
 */
export function sendParts(
  exchange: Exchange,
  contentType: string,
  headers: readonly string[],
  parts: readonly BodyPart[],
): void {
  // The parts are shared by all readers that wait for them. The body belongs to this answer.
  let bytes = 0
  for (const part of parts) bytes += part.bytes.length
  const turn = exchange.context.turns.again(exchange.response, bytes)
  if (turn) turn.then(() => joinParts(exchange, contentType, headers, parts)).catch((thrown) => exchange.fail(thrown))
  else joinParts(exchange, contentType, headers, parts)
}

function joinParts(
  exchange: Exchange,
  contentType: string,
  headers: readonly string[],
  parts: readonly BodyPart[],
): void {
  const channels: ChannelName[] = []
  for (const { slice } of parts) if (slice) channels.push(slice.channel)
  const coding = codingOf(exchange, channels)
  const small = coding.gzip ? exchange.context.compressor.gzip(parts) : undefined
  const [only] = parts
  const whole = small ?? (only && parts.length === 1 ? only.bytes : Buffer.concat(parts.map(({ bytes }) => bytes)))
  exchange.send(200, contentType, headOf(headers, { ...coding, gzip: small !== undefined }), whole)
}

/** Answers 200 with a page of the log. `key` identifies its bytes. */
export async function sendPage(
  exchange: Exchange,
  contentType: string,
  headers: readonly string[],
  key: string,
  page: Buffer,
): Promise<void> {
  const { context, channel } = exchange
  const compression = context.compressor.of(channel)
  const small =
    compression && acceptsGzip(exchange.request)
      ? await context.pages.of(`${channel} ${key}`, page, compression)
      : undefined
  const coding = { varies: compression !== undefined, gzip: small !== undefined }
  exchange.send(200, contentType, headOf(headers, coding), small ?? page)
}
