/** Tests of the wire of a WebSocket with permessage-deflate, with a real client. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { MemoryWire } from '../../test/memory-wire.js'
import { frame, opcodes } from '../protocol/websocket-frame.js'
import { message, sliceOf } from '../testing/framing-vectors.js'
import type { WireUnderTest } from '../testing/index.js'
import { wireContract } from '../testing/index.js'
import { Compressor } from './compressor.js'
import { DeflateWire } from './deflate-wire.js'
import { SocketWire } from './socket.js'

/** The contract fills the network with text that would get so small that nothing is ever full. */
const nothing = new Compressor(() => undefined)

async function open(compressor: Compressor): Promise<WireUnderTest> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const perMessageDeflate = { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 }
  const handshakes = new WebSocketServer({ noServer: true, perMessageDeflate })
  const accepted = new Promise<DeflateWire>((resolve) => {
    server.on('upgrade', (request, socket, head) =>
      handshakes.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on('error', () => undefined)
        resolve(new DeflateWire(new SocketWire(webSocket, socket), compressor, 15))
      }),
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

wireContract('WebSocket with permessage-deflate', () => open(nothing))

describe('DeflateWire', () => {
  const slice = sliceOf('text', [message(1, 'a')])

  it('is read by a client that negotiated the extension: large frames, small ones, and those after them', async () => {
    const { wire, received, release } = await open(new Compressor(() => ({ minBytes: 100, level: 3 })))
    const texts = ['é'.repeat(30_000), 'small', 'x'.repeat(500)]
    for (const text of texts) wire.write(frame(opcodes.text, Buffer.from(text)), slice)
    expect(await received(texts.join('').length)).toBe(texts.join(''))
    expect(wire.sent).toBeLessThan(1_000)
    release()
  })

  it('leaves frames alone that are no slice', () => {
    const inner = new MemoryWire()
    const welcome = frame(opcodes.text, Buffer.from('x'.repeat(5_000)))
    new DeflateWire(inner, new Compressor(() => ({ minBytes: 0, level: 3 })), 15).write(welcome)
    expect(inner.writes).toEqual([welcome])
  })
})
