/** WebSockets: the handshake, and what a plain or an `anywire.v1` connection does with what a client sends. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { Connection } from '../core/connection.js'
import type { Framing } from '../protocol/framing.js'
import { SocketWire, type WireSocket } from '../wires/socket.js'
import type { Context } from './context.js'
import { protocolsOf } from './credentials.js'
import type { Admission } from './door.js'

export const subprotocol = 'anywire.v1'

export interface Accepted {
  readonly webSocket: WebSocket
  readonly socket: WireSocket
}

/** Completes handshakes. Extensions are not negotiated: frames are built once and shared. */
export function createHandshake(maxPayload: number) {
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    autoPong: false,
    maxPayload,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  })
  return (request: IncomingMessage, socket: Duplex, head: Buffer, accepted: (webSocket: WebSocket) => void): void => {
    server.handleUpgrade(request, socket, head, accepted)
  }
}

/** Whether a client offers `anywire.v1`. */
export function speaksAnywire(request: IncomingMessage): boolean {
  return request.headers['sec-websocket-protocol'] !== undefined && protocolsOf(request.headers).includes(subprotocol)
}

/** A connection of a WebSocket. Pings are answered while there is room; a client that does not read gets none. */
export function connectSocket(
  context: Context,
  { webSocket, socket }: Accepted,
  framing: Framing,
  admission: Admission,
  single: boolean,
): Connection {
  const wire = new SocketWire(webSocket, socket)
  const { principal } = admission
  const { wheel } = context.delivery
  const connection = new Connection({ wire, framing, principal, wheel, times: context.limits, talks: true, single })
  webSocket.on('error', ignore) // 'close' follows, with the code that says why
  webSocket.on('ping', (data: Buffer) => {
    if (!connection.full) webSocket.pong(data)
  })
  return connection
}

/** What `ws` hands over, as one Buffer. */
export function asBytes(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}

/** Stops reading from a client that asks for more than it takes, until `goOn` says otherwise. */
export class Intake {
  readonly #webSocket: WebSocket
  #paused = false

  constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket
  }

  /** Reads on only while `ready`: also when the connection is being closed, or its client's part of that would not be read. */
  set(ready: boolean): void {
    if (ready === !this.#paused || this.#webSocket.readyState === 3) return // closed
    this.#paused = !ready
    if (ready) this.#webSocket.resume()
    else this.#webSocket.pause()
  }
}

function ignore(): void {}
