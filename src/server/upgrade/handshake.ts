/** The WebSocket handshake (RFC 6455 §4.2): the parts that HTTP/1.1 and HTTP/2 share. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { digestOf } from '../../core/access/digest.js'
import { AnywireError } from '../../protocol/error.js'
import type { WebSocketReaderLimits } from '../../protocol/websocket-reader.js'
import type { DeflateWindow } from '../../wires/compressor.js'
import type { ServerSocket } from '../../wires/server-socket.js'
import type { WireSocket } from '../../wires/socket.js'
import { protocolsOf } from '../door/credentials.js'
import { type ErrorAnswer, errorResponse } from '../http/headers.js'

/**
 * Subprotocols: frames, or one message a frame. The latter can be offered beside `anywire.token.…`, since a browser
 * requires one of its offers to be chosen.
 */
const subprotocols = ['anywire.v1', 'anywire.plain'] as const
const [subprotocol] = subprotocols

export interface Accepted {
  readonly webSocket: ServerSocket
  /** Where frames are written. */
  readonly socket: WireSocket
  /** What the client's bytes come from: the socket, or the stream of HTTP/2. */
  readonly source: Duplex
  /** Permessage-deflate was negotiated, with this window. */
  readonly window: DeflateWindow | undefined
}

/** Completes or refuses the handshake of a client. */
export interface Handshake {
  /**
   * Opens it, at once if the client has asked for it rightly; with permessage-deflate if a window is given, which is
   * what `deflateWindow` says of the request. `corked`: what is written meanwhile leaves in one packet with the answer.
   */
  open(window: DeflateWindow | undefined, accepted: (accepted: Accepted) => void, corked?: boolean): void
  refuse(error: AnywireError): void
}

/** How large messages of clients may be. */
export interface MessageLimits {
  /** Asked of each frame: rules that come later may let messages be larger. */
  readonly mostBytes: () => number
  readonly mostFragments: number
}

/** What is read of a client with whom permessage-deflate was negotiated, or was not. */
export function readerLimits(limits: MessageLimits, window: DeflateWindow | undefined): WebSocketReaderLimits {
  return window === undefined
    ? limits
    : { mostBytes: limits.mostBytes, mostFragments: limits.mostFragments, deflates: true }
}

/** The subprotocol of ours that a client offers; a token is none. */
export function chosen(request: IncomingMessage): string | undefined {
  const offered = protocolsOf(request.headers)
  return subprotocols.find((one) => offered.includes(one))
}

/** Whether a client offers `anywire.v1`. */
export function speaksAnywire(request: IncomingMessage): boolean {
  return protocolsOf(request.headers).includes(subprotocol)
}

const list = /^[\w!#$%&'*+.^`|~-]+(?:[ \t]*,[ \t]*[\w!#$%&'*+.^`|~-]+)*$/

/** What a request is refused with that asks for no WebSocket of version 13, or offers malformed subprotocols. */
export function refusalOf({ headers }: IncomingMessage): ErrorAnswer | undefined {
  if (headers['sec-websocket-version'] !== '13') return wrongVersion()
  const offered = headers['sec-websocket-protocol']
  if (offered === undefined) return undefined
  if (!list.test(offered)) return refused('The header Sec-WebSocket-Protocol is no list of names.')
  // A browser would close what is opened without a subprotocol, and its page is told no reason.
  const names = protocolsOf(headers)
  const ours = names.find((name) => version.test(name))
  if (ours === undefined || subprotocols.some((one) => names.includes(one))) return undefined
  return refused(`There is no subprotocol "${ours}" here: offer one of ${subprotocols.join(', ')}.`)
}

/** Of ours, perhaps later than this server. */
const version = /^anywire\.v\d{1,9}$/

const refused = (sentence: string) => errorResponse(new AnywireError('bad-request', sentence))

/** RFC 6455 §4.4: the client is told which version is spoken. */
function wrongVersion(): ErrorAnswer {
  const answer = errorResponse(new AnywireError('bad-request', 'WebSocket has version 13 here (RFC 6455 §4.1).'))
  return { ...answer, status: 426, headers: [...answer.headers, 'Sec-WebSocket-Version', '13'] }
}

/**
 * What permessage-deflate is agreed on as (RFC 7692 §7.1). Each message is by itself, either way: what is sent is
 * shared by many, and nobody keeps a window for a client.
 */
export function extensionsOf(window: DeflateWindow): string {
  const alone = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover'
  return window === 15 ? alone : `${alone}; server_max_window_bits=${window}`
}

/** RFC 6455 §4.2.2 */
const accepts = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** What answers a client's `Sec-WebSocket-Key`; undefined if that is none. */
export function acceptOf({ headers }: IncomingMessage): string | undefined {
  const key = headers['sec-websocket-key']
  if (key === undefined || !/^[+/0-9A-Za-z]{22}==$/.test(key)) return undefined
  return digestOf(key + accepts, 'sha1')
}
