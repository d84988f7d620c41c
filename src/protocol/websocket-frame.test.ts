/** WebSocket frames of a server, and plain WebSocket. */
import { describe, expect, it } from 'vitest'
import { framingVectors, message, readFrames, sliceOf } from '../testing/framing-vectors.js'
import { closeFrame, closeReason, frame, opcodes, pingFrame, websocketMessages } from './websocket-frame.js'

framingVectors('websocket', websocketMessages, {
  kinds: ['json', 'text', 'binary'],
  without: ['offset', 'event', 'key', 'tombstone'],
  decode: (bytes) =>
    readFrames(bytes)
      .filter(({ opcode }) => opcode !== opcodes.ping)
      .map(({ payload }) => ({ data: payload })),
})

const half = Buffer.from('😀').subarray(0, 2)

describe('WebSocket frame', () => {
  it.each([
    [0, '8100'],
    [125, '817d'],
    [126, '817e007e'],
    [65_535, '817effff'],
    [65_536, '817f0000000000010000'],
  ])('spells a length of %i', (length, head) => {
    const bytes = frame(opcodes.text, Buffer.alloc(length))
    expect(bytes.subarray(0, bytes.length - length).toString('hex')).toBe(head)
  })

  it('is empty as a ping', () => {
    expect(pingFrame.toString('hex')).toBe('8900')
  })

  it('spells a close code and its reason', () => {
    expect(closeFrame(4410, 'gap').toString('hex')).toBe('8805113a676170')
  })

  it('cuts a reason at a character', () => {
    expect(closeReason('a'.repeat(123))).toHaveLength(123)
    expect(closeReason(`${'a'.repeat(122)}é`)).toBe('a'.repeat(122))
    expect(closeReason('😀'.repeat(40))).toBe('😀'.repeat(30))
    expect(closeFrame(1000, '😀'.repeat(40)).length).toBeLessThanOrEqual(127)
  })
})

describe('plain WebSocket', () => {
  const opcodesOf = (kind: 'json' | 'text' | 'binary', data: Uint8Array) =>
    readFrames(websocketMessages.encode(sliceOf(kind, [message(1, data)]))).map(({ opcode }) => opcode)

  it('sends JSON and text as text, other bytes as binary', () => {
    expect(opcodesOf('json', Buffer.from('1'))).toEqual([opcodes.text])
    expect(opcodesOf('text', Buffer.from('é'))).toEqual([opcodes.text])
    expect(opcodesOf('binary', Buffer.from('é'))).toEqual([opcodes.binary])
  })

  it('sends text that is not UTF-8 as binary', () => {
    expect(opcodesOf('text', half)).toEqual([opcodes.binary])
  })

  it('sends nothing of a slice of tombstones', () => {
    expect(websocketMessages.encode(sliceOf('json', [message(1, undefined, { key: 'a' })]))).toHaveLength(0)
  })
})
