/** A wire at the server's end of a real WebSocket, as the contract of wires wants it. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type PerMessageDeflateOptions, WebSocket } from 'ws'
import type { Wire } from '../../../src/core/wire.js'
import { frame, opcodes } from '../../../src/protocol/websocket-frame.js'
import { upgradeHandshake } from '../../../src/server/upgrade/upgrade.js'
import type { WireUnderTest } from '../../../src/testing/index.js'
import { SocketWire } from '../../../src/wires/socket.js'

export async function openSocket(
  perMessageDeflate: PerMessageDeflateOptions | false,
  wireOf: (socket: SocketWire) => Wire = (socket) => socket,
): Promise<WireUnderTest> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const limits = { mostBytes: () => 1_048_576, mostFragments: 16 }
  const accepted = new Promise<Wire>((resolve) => {
    server.on('upgrade', (request, socket, head) =>
      upgradeHandshake(limits, request, socket, head).open(perMessageDeflate ? 15 : undefined, (accepted) =>
        resolve(wireOf(new SocketWire(accepted.webSocket, accepted.socket))),
      ),
    )
  })
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { perMessageDeflate })
  let text = ''
  client.on('message', (data) => {
    text += data.toString()
  })
  const ended = new Promise<{ code: number; reason: string }>((resolve) => {
    client.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  const [wire] = await Promise.all([accepted, once(client, 'open')])
  return {
    wire,
    spell: (one) => frame(opcodes.text, Buffer.from(one)),
    async received(length) {
      while (text.length < length) await once(client, 'message')
      return text
    },
    pause: () => client.pause(),
    resume: () => client.resume(),
    leave: () => client.terminate(),
    say: () => client.send('hi'),
    ended,
    release() {
      client.terminate()
      server.close()
    },
  }
}
