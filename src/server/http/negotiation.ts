/** Whether a client accepts compression: `Accept-Encoding`, and permessage-deflate of WebSockets. */
import type { IncomingMessage } from 'node:http'
import type { DeflateWindow } from '../../wires/compressor.js'
import { header } from './target.js'

/**
 * RFC 9110 §12.5.3: a weight of 0 refuses; `*` is for all codings that are not named; `identity` with a higher weight
 * wins.
 */
export function acceptsGzip(request: IncomingMessage): boolean {
  const weights = new Map<string, number>()
  for (const one of (header(request, 'accept-encoding') ?? '').split(',')) {
    const [, coding, weight] = /^\s*([^\s;]+)\s*(?:;\s*q=([\d.]+)\s*)?$/i.exec(one) ?? []
    if (coding !== undefined) weights.set(coding.toLowerCase(), Number(weight ?? 1))
  }
  const gzip = weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0
  return gzip > 0 && gzip >= (weights.get('identity') ?? 0)
}

type Param = (value: string | undefined) => boolean

const isFlag: Param = (value) => value === undefined
const isBits: Param = (value) => value !== undefined && /^([89]|1[0-5])$/.test(value)

/** RFC 7692 §7.1 */
const params: Readonly<Record<string, Param>> = {
  server_no_context_takeover: isFlag,
  client_no_context_takeover: isFlag,
  server_max_window_bits: isBits,
  client_max_window_bits: (value) => isFlag(value) || isBits(value),
}

const word = /[\w!#$%&'*+.^`|~-]+/.source
const param = `\\s*;\\s*${word}(?:=(?:${word}|"${word}"))?`
const list = new RegExp(`^${word}(?:${param})*(?:\\s*,\\s*${word}(?:${param})*)*$`)

/**
 * The window with which a client that offers permessage-deflate is served: 15, or 12 for one that asks for a smaller
 * one and can read that. Undefined: without the extension. That is also what becomes of offers that are malformed, and
 * of windows below 12: slices would have to be compressed once more for each further size.
 */
export function deflateWindow(request: IncomingMessage): DeflateWindow | undefined {
  const offered = header(request, 'sec-websocket-extensions')
  if (offered === undefined || !list.test(offered)) return undefined
  const offers = offered.split(',').map((offer) => offer.split(';').map((part) => part.trim()))
  const windows = offers.flatMap(([name, ...given]) => (name === 'permessage-deflate' ? [windowOf(given)] : []))
  if (windows.includes(undefined)) return undefined
  // The first one is what the client prefers.
  if (windows[0] === 'any') return 15
  return windows.some((bits) => bits === 'any' || Number(bits) >= 12) ? 12 : undefined
}

/** What an offer says of the server's window; undefined if it is malformed. */
function windowOf(offer: readonly string[]): number | 'any' | undefined {
  const given = new Map<string, string | undefined>()
  for (const text of offer) {
    const [name = '', value] = text.replaceAll('"', '').split('=')
    const fits = Object.hasOwn(params, name) ? params[name] : undefined
    if (given.has(name) || !fits?.(value)) return undefined
    given.set(name, value)
  }
  const bits = given.get('server_max_window_bits')
  return bits === undefined ? 'any' : Number(bits)
}
