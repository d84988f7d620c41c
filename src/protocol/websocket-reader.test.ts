/** Reading WebSocket frames: the same messages from any chunks, and a code for each violation of RFC 6455. */
import { describe, expect, it } from 'vitest'
import { clientFrame } from '../../test/hostile/frames.js'
import {
  type WebSocketInput,
  WebSocketReader,
  type WebSocketReaderLimits,
  WebSocketViolation,
} from './websocket-reader.js'

const usual: WebSocketReaderLimits = { mostBytes: () => 100_000, mostFragments: 4, deflates: true }
const plain = { ...usual, deflates: false }

/** All that is whole in these chunks, in short. */
function read(chunks: readonly Buffer[], limits: Partial<WebSocketReaderLimits> = {}): string[] {
  const reader = new WebSocketReader({ ...usual, ...limits })
  const got: string[] = []
  for (const chunk of chunks) {
    // What was read of a chunk is unmasked in its place.
    reader.push(Buffer.from(chunk))
    for (let input = reader.next(); input; input = reader.next()) got.push(inShort(input))
  }
  return got
}

function inShort(input: WebSocketInput): string {
  if (input.kind === 'close') return `close ${input.code}`
  const flags = input.kind === 'message' ? `${input.isBinary ? ' binary' : ''}${input.deflated ? ' deflated' : ''}` : ''
  const text = String(input.data)
  return `${input.kind}${flags} ${text.length > 20 ? text.length : text}`
}

function violation(frames: readonly Buffer[], limits: Partial<WebSocketReaderLimits> = {}): unknown {
  try {
    return read(frames, limits)
  } catch (thrown) {
    return thrown instanceof WebSocketViolation ? thrown.code : thrown
  }
}

const code = (number: number, reason = '') => {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason))
  payload.writeUInt16BE(number)
  payload.write(reason, 2)
  return payload
}

describe('frames of a client', () => {
  const frames = Buffer.concat([
    clientFrame(1, 'hällo'),
    clientFrame(1, ''),
    clientFrame(2, 'b'.repeat(300)),
    clientFrame(1, 'a', { fin: false }),
    clientFrame(9, 'ping'),
    clientFrame(0, '', { fin: false }),
    clientFrame(0, 'c'),
    clientFrame(1, 'xyz', { rsv: 4 }),
    clientFrame(2, 'd'.repeat(70_000)),
    clientFrame(10, ''),
    clientFrame(8, code(1_000, 'bye')),
  ])
  const expected = [
    ...['message hällo', 'message ', 'message binary 300', 'ping ping', 'message ac', 'message deflated xyz'],
    ...['message binary 70000', 'pong ', 'close 1000'],
  ]

  it.each([1, 2, 3, 5, 7, 13, 64, 1_000, 4_097, 100_000])('are the same in chunks of %i bytes', (size) => {
    const chunks: Buffer[] = []
    for (let at = 0; at < frames.length; at += size) chunks.push(frames.subarray(at, at + size))
    expect(read(chunks)).toEqual(expected)
  })

  it('are unmasked, as in the example of RFC 6455 §5.7', () => {
    const hello = Buffer.from('818537fa213d7f9f4d5158', 'hex')
    expect(read([hello])).toEqual(['message Hello'])
    expect(read(Array.from(hello, (byte) => Buffer.from([byte])))).toEqual(['message Hello'])
  })

  it('are held until they are whole, and no longer', () => {
    const reader = new WebSocketReader(usual)
    reader.push(Buffer.from(clientFrame(1, 'x'.repeat(100), { fin: false })))
    expect([reader.next(), reader.held]).toEqual([undefined, 100])
    reader.push(Buffer.from(clientFrame(9, '')))
    expect([reader.next()?.kind, reader.held]).toEqual(['ping', 100])
    reader.push(Buffer.from(clientFrame(0, 'y')))
    expect([reader.next()?.kind, reader.held]).toEqual(['message', 0])
  })

  it('in single bytes do not become as many Buffers', () => {
    const reader = new WebSocketReader({ ...usual, mostBytes: () => 2_000_000 })
    const frame = clientFrame(2, Buffer.alloc(500_000))
    const before = process.memoryUsage().heapUsed
    for (const byte of frame.subarray(0, 400_000)) reader.push(Buffer.from([byte]))
    expect(reader.held).toBe(400_000)
    // A Buffer has some 100 bytes on the heap.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000)
  })

  it.each([1_000, 1_001, 1_003, 1_007, 1_014, 3_000, 4_410, 4_999])('close with the code %i', (number) => {
    expect(read([clientFrame(8, code(number))])).toEqual([`close ${number}`])
  })

  it('close without a code', () => {
    expect(read([clientFrame(8, '')])).toEqual(['close 1005'])
  })
})

describe('what no client may send', () => {
  const unmasked = Buffer.from([0x81, 0x01, 0x78])
  const tooLong = Buffer.concat([Buffer.from([0x82, 0xff]), Buffer.alloc(8, 0xff), Buffer.alloc(4)])

  it.each<[string, Buffer[], number, Partial<WebSocketReaderLimits>?]>([
    ['a frame without a mask', [unmasked], 1002],
    ['RSV2', [clientFrame(1, '', { rsv: 2 })], 1002],
    ['RSV1 without permessage-deflate', [clientFrame(1, 'x', { rsv: 4 })], 1002, plain],
    ['RSV1 of a ping', [clientFrame(9, '', { rsv: 4 })], 1002],
    ['RSV1 of a continuation', [clientFrame(1, 'x', { fin: false }), clientFrame(0, 'x', { rsv: 4 })], 1002],
    ['the opcode 3', [clientFrame(3, '')], 1002],
    ['the opcode 11', [clientFrame(11, '')], 1002],
    ['a continuation of nothing', [clientFrame(0, '')], 1002],
    ['a message inside a message', [clientFrame(1, 'x', { fin: false }), clientFrame(1, 'y')], 1002],
    ['a ping in fragments', [clientFrame(9, '', { fin: false })], 1002],
    ['a ping of 126 bytes', [clientFrame(9, 'x'.repeat(126))], 1002],
    ['a close frame of one byte', [clientFrame(8, 'x')], 1002],
    ...[0, 999, 1_004, 1_005, 1_006, 1_015, 2_999, 5_000].map(
      (number) => [`the close code ${number}`, [clientFrame(8, code(number))], 1002] as [string, Buffer[], number],
    ),
    ['text that is not UTF-8', [clientFrame(1, Buffer.from([0xff]))], 1007],
    ['a close reason that is not UTF-8', [clientFrame(8, Buffer.from([0x03, 0xe8, 0xff]))], 1007],
    [
      'a fragment too many',
      ['', 'b', '', '', ''].map((data, i) => clientFrame(i && 0, data, { fin: false })).map(first),
      1008,
    ],
    ['a message over the limit', [clientFrame(2, 'xxxx')], 1009, { mostBytes: () => 3 }],
    [
      'fragments over the limit',
      [clientFrame(2, 'xx', { fin: false }), clientFrame(0, 'xx')],
      1009,
      { mostBytes: () => 3 },
    ],
    ['a length that no number holds', [tooLong], 1009],
  ])('is %s', (_, frames, expected, limits = {}) => {
    expect(violation(frames, limits)).toBe(expected)
    const bytes = Array.from(Buffer.concat(frames), (byte) => Buffer.from([byte]))
    expect(violation(bytes, limits)).toBe(expected)
  })

  it('is refused before its payload has come', () => {
    expect(violation([clientFrame(2, 'x'.repeat(70_000)).subarray(0, 14)], { mostBytes: () => 69_999 })).toBe(1009)
  })
})

/** The first frame of a message names its type, the others continue it. */
function first(frame: Buffer, i: number): Buffer {
  if (i > 0) return frame
  const named = Buffer.from(frame)
  named[0] = (named[0]! & 0xf0) | 2
  return named
}

describe('after the close frame of the server', () => {
  const begun = clientFrame(1, 'a'.repeat(50_000), { fin: false })
  const rest = Buffer.concat([
    clientFrame(0, 'b'.repeat(49_000)),
    clientFrame(9, 'ping'),
    clientFrame(2, 'c'.repeat(90_000)),
    clientFrame(8, code(1_000)),
  ])

  it.each([1, 100, 65_536])('messages are not kept, and that of the client is found in chunks of %i', (size) => {
    const reader = new WebSocketReader(usual)
    reader.push(Buffer.from(begun))
    expect(reader.next()).toBeUndefined()
    expect(reader.held).toBe(50_000)
    reader.drop()
    expect(reader.held).toBe(0)
    const got: string[] = []
    for (let at = 0; at < rest.length; at += size) {
      reader.push(Buffer.from(rest.subarray(at, at + size)))
      for (let input = reader.next(); input; input = reader.next()) got.push(inShort(input))
      expect(reader.held).toBeLessThan(200)
    }
    expect(got).toEqual(['ping ping', 'close 1000'])
  })
})
