/** A client's WebSocket as a connection: its wire, what it may send, and its pings. */
import { Connection } from '../../core/reading/connection.js'
import type { Framing } from '../../protocol/framing.js'
import { frame, opcodes } from '../../protocol/websocket-frame.js'
import { DeflateWire } from '../../wires/deflate-wire.js'
import type { ServerSocket } from '../../wires/server-socket.js'
import { SocketWire } from '../../wires/socket.js'
import type { Context } from '../context.js'
import type { Admission } from '../door/door.js'
import { watchReceiving } from '../door/receiving.js'
import type { Accepted } from './handshake.js'

const unlimited = () => Number.POSITIVE_INFINITY

/**
 * A connection of a WebSocket. Pings are answered while there is room; a client that does not read gets none.
 * `mostUnfinished`: bytes of a message that may be here before it is whole.
 */
export function connectSocket(
  context: Context,
  { webSocket, socket, window }: Accepted,
  { name: transport, heartbeat }: Framing,
  admission: Admission,
  single: boolean,
  mostUnfinished: () => number = unlimited,
): Connection {
  const plain = new SocketWire(webSocket, socket)
  const wire = window === undefined ? plain : new DeflateWire(plain, context.compressor, window)
  const { principal } = admission
  const { wheel } = context.delivery
  const { limits } = context
  const connection = new Connection({
    wire,
    heartbeat,
    principal,
    transport,
    wheel,
    times: limits,
    talks: true,
    single,
  })
  const receipt = context.receiving.of(admission.address)
  watchReceiving({ webSocket, connection, receipt, most: mostUnfinished, wheel, wholeMs: limits.bodyMs })
  answerPings(webSocket, connection)
  return connection
}

/**
 * RFC 6455 §5.5.3: of several unanswered pings, only the last needs a pong. So there is one pong at once, and one for
 * all others of the turn.
 */
function answerPings(webSocket: ServerSocket, connection: Connection): void {
  let resting = false
  let last: Buffer | undefined
  webSocket.on('ping', (data) => {
    if (resting) {
      last = data
      return
    }
    resting = true
    pong(connection, data)
    setImmediate(() => {
      resting = false
      if (last) pong(connection, last)
      last = undefined
    })
  })
}

/** Written through the connection, so that it counts against the room. */
function pong(connection: Connection, data: Buffer): void {
  if (!connection.full) connection.write(frame(opcodes.pong, data))
}
