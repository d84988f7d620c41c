/** A client's WebSocket as a connection. */
import { Connection } from '../../core/reading/connection.js'
import type { Principal } from '../../core/rule.js'
import type { Framing } from '../../protocol/framing.js'
import { DeflateWire } from '../../wires/deflate-wire.js'
import { SocketWire } from '../../wires/socket.js'
import type { Context } from '../context.js'
import type { Accepted } from './handshake.js'

/** `single`: it carries one subscription only. What comes from the client is for an `Intake`. */
export function connectSocket(
  context: Context,
  { webSocket, socket, window }: Accepted,
  { name: transport, heartbeat }: Framing,
  principal: Principal,
  single: boolean,
): Connection {
  const plain = new SocketWire(webSocket, socket)
  const wire = window === undefined ? plain : new DeflateWire(plain, context.compressor, window)
  const { wheel } = context.delivery
  return new Connection({
    wire,
    heartbeat,
    principal,
    transport,
    wheel,
    times: context.limits,
    talks: true,
    single,
  })
}
