/** Tests of the wire of a WebSocket with permessage-deflate, with a real client. */
import { describe, expect, it } from 'vitest'
import { openSocket } from '../../test/support/clients/wire-socket.js'
import { MemoryWire } from '../../test/support/core/memory-wire.js'
import { frame, opcodes } from '../protocol/websocket-frame.js'
import { message, sliceOf } from '../testing/framing-vectors.js'
import { wireContract } from '../testing/index.js'
import { Compressor } from './compressor.js'
import { DeflateWire } from './deflate-wire.js'

/** The contract fills the network with text that would get so small that nothing is ever full. */
const nothing = new Compressor(() => undefined)

const perMessageDeflate = { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 }
const open = (compressor: Compressor) =>
  openSocket(perMessageDeflate, (socket) => new DeflateWire(socket, compressor, 15))

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
