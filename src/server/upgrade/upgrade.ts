/** Upgrade requests: admission first, then the handshake, then the form that the client speaks. */
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Opening } from '../../core/reading/delivery.js'
import type { SubscribeRequest } from '../../protocol/anywire-v1.js'
import { AnywireError } from '../../protocol/error.js'
import { parsePosition } from '../../protocol/offset.js'
import { websocketMessages } from '../../protocol/websocket-frame.js'
import type { DeflateWindow } from '../../wires/compressor.js'
import { ServerSocket } from '../../wires/server-socket.js'
import type { Context } from '../context.js'
import type { Arrival } from '../door/arrivals.js'
import type { Admission } from '../door/door.js'
import { mayRead } from '../door/permission.js'
import { anywireSocketSession } from '../forms/anywire/anywire-socket.js'
import { type PlainReading, plainSocket } from '../forms/plain-socket.js'
import { type ErrorAnswer, errorResponse } from '../http/headers.js'
import { deflateWindow } from '../http/negotiation.js'
import { readingOptions } from '../http/reading-options.js'
import { single, type Target } from '../http/target.js'
import {
  acceptOf,
  chosen,
  extensionsOf,
  type Handshake,
  type MessageLimits,
  readerLimits,
  refusalOf,
  speaksAnywire,
} from './handshake.js'

/** A request for a WebSocket: what came, and what completes its handshake. */
export interface UpgradeRequest {
  readonly context: Context
  readonly request: IncomingMessage
  readonly handshake: Handshake
}

/** The handshake of an upgrade request of HTTP/1.1. */
export function upgradeHandshake(
  limits: MessageLimits,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Handshake {
  socket.on('error', destroyed)
  return {
    open(window, accepted, corked = false) {
      const refusal = refusalOf(request)
      if (refusal) return refuse(socket, refusal)
      const accept = acceptOf(request)
      if (accept === undefined || request.method !== 'GET') return refuse(socket, errorResponse(noHandshake()))
      // It has gone already.
      if (!socket.readable || !socket.writable) return void socket.destroy()
      const answer = switching(request, accept, window)
      if (corked) socket.cork()
      // What follows is bytes: pieces of one kind leave in a quicker way.
      socket.write(corked ? Buffer.from(answer, 'latin1') : answer)
      if (socket instanceof Socket) socket.setTimeout(0).setNoDelay()
      const webSocket = new ServerSocket(socket, readerLimits(limits, window), head)
      accepted({ webSocket, socket, source: socket, window })
      if (corked) socket.uncork()
    },
    refuse: (error) => refuse(socket, errorResponse(error)),
  }
}

function switching(request: IncomingMessage, accept: string, window: DeflateWindow | undefined): string {
  const protocol = chosen(request)
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
    ...(window === undefined ? [] : [`Sec-WebSocket-Extensions: ${extensionsOf(window)}`]),
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}

function noHandshake(): AnywireError {
  const sentence = 'A WebSocket is asked for by GET, with a Sec-WebSocket-Key of 16 bytes in base64 (RFC 6455 §4.1).'
  return new AnywireError('bad-request', sentence)
}

/** Answers a request for a WebSocket. Throws nothing. Without a promise where nothing is waited for. */
export function answerUpgrade(upgrade: UpgradeRequest, targetOf: () => Target): void | Promise<void> {
  const { context, request, handshake } = upgrade
  const arrival = context.connections.arrive()
  const failed = (thrown: unknown) => {
    try {
      const error = context.report(thrown)
      context.refused(request, error)
      handshake.refuse(error)
    } finally {
      arrival.done()
    }
  }
  try {
    const waits = enter(upgrade, targetOf(), arrival)
    if (waits) return waits.then(() => arrival.done(), failed)
  } catch (thrown) {
    return failed(thrown)
  }
  arrival.done()
}

/** @throws (or rejects with) what the request is refused for. */
function enter(upgrade: UpgradeRequest, target: Target, arrival: Arrival): void | Promise<void> {
  const { context, request } = upgrade
  const open = (admission: Admission) => {
    if (context.draining) throw new AnywireError('draining', 'This server is leaving; connect again.')
    const refusal = context.pace.refusal()
    if (refusal) return turnAway(upgrade, refusal)
    if (speaksAnywire(request)) return openSession(upgrade, target, admission)
    return openPlain(upgrade, target, admission)
  }
  const admitted = context.door.admit(request, { websocket: true, arrival })
  return admitted instanceof Promise ? admitted.then(open) : open(admitted)
}

/** By a close code: a browser shows no status of a handshake to its page. */
function turnAway({ context, handshake, request }: UpgradeRequest, refusal: AnywireError): void {
  context.refused(request, refusal)
  handshake.open(undefined, ({ webSocket }) => {
    webSocket.close(refusal.meaning.close, refusal.message)
    webSocket.resume()
  })
}

function openSession({ context, handshake, request }: UpgradeRequest, target: Target, admission: Admission): void {
  const first = firstSubscription(target)
  const window = context.rules.compresses ? deflateWindow(request) : undefined
  // The answer to the handshake and the welcome leave in one packet.
  handshake.open(window, (accepted) => anywireSocketSession(context, accepted, admission, request, first), true)
}

/** At a channel's URL an `offset` subscribes at once. */
function firstSubscription({ channel, query }: Target): SubscribeRequest[] {
  const offset = single(query, 'offset')
  if (channel === undefined || offset === undefined) return []
  const { slow = 'catch-up', rate } = readingOptions(query, { gap: true })
  return [{ channel, offset, slow, rate }]
}

function openPlain(upgrade: UpgradeRequest, target: Target, admission: Admission): void | Promise<void> {
  const { context } = upgrade
  const { channel, query } = target
  if (channel === undefined)
    throw new AnywireError(
      'bad-request',
      'This path names no channel: append "/" and its name, or offer the subprotocol anywire.v1.',
    )
  if (admission.pending)
    throw new AnywireError('unauthorized', 'A plain WebSocket needs its credential in the handshake.')
  const options = readingOptions(query, { gap: websocketMessages.gap !== undefined })
  const position = parsePosition(single(query, 'offset') ?? 'now')
  const start = (opened: Opening) => startPlain(upgrade, admission, { channel, opened, options })
  const read = () => {
    const opening = context.open(channel, position)
    return opening instanceof Promise ? opening.then(start) : start(opening)
  }
  const permitted = mayRead(context, channel, admission.principal)
  return permitted ? permitted.then(read) : read()
}

function startPlain(
  { context, handshake, request }: UpgradeRequest,
  admission: Admission,
  reading: PlainReading,
): void {
  const { channel, opened } = reading
  if (opened.result.kind === 'gone') {
    opened.release()
    throw context.lossOf(channel, opened.result)
  }
  const window = context.compressor.of(channel) ? deflateWindow(request) : undefined
  let accepted = false
  handshake.open(window, (socket) => {
    accepted = true
    plainSocket(context, socket, admission, reading)
  })
  if (!accepted) opened.release()
}

function refuse(socket: Duplex, { status, headers, body }: ErrorAnswer): void {
  if (socket.destroyed || !socket.writable) return
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, 'Connection: close']
  for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`)
  socket.once('finish', destroyed)
  socket.end(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body]))
}

function destroyed(this: Duplex): void {
  this.destroy()
}
