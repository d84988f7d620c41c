/** Tests of the WebSocket wire, with a real client. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'
import { frame, opcodes } from '../protocol/websocket-frame.js'
import type { WireUnderTest } from '../testing/index.js'
import { wireContract } from '../testing/index.js'
import { SocketWire } from './socket.js'

async function open(): Promise<WireUnderTest> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const handshakes = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  const accepted = new Promise<SocketWire>((resolve) => {
    server.on('upgrade', (request, socket, head) =>
      handshakes.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on('error', () => undefined)
        resolve(new SocketWire(webSocket, socket))
      }),
    )
  })
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { perMessageDeflate: false })
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

wireContract('WebSocket', open)
