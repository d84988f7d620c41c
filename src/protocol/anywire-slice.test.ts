/** The framings of anywire.v1. */
import { describe, expect, it } from 'vitest'
import { type Decoded, framingVectors, message, readEvents, readFrames, sliceOf } from '../testing/framing-vectors.js'
import { anywireBatch, anywireSocket, anywireStream, anywireText, asSocketFrame } from './anywire-slice.js'
import type { Kind } from './message.js'

const read = {
  socket: (bytes: Buffer) =>
    readFrames(bytes)
      .filter(({ opcode }) => opcode === 1)
      .map(({ payload }) => `${payload}`),
  stream: (bytes: Buffer) => readEvents(bytes).events.map(({ data }) => data),
  batch: (bytes: Buffer) => [bytes.toString()],
}

const flags = (texts: (bytes: Buffer) => string[]) => ({
  kinds: ['json', 'text', 'binary'] as const,
  decode: (bytes: Buffer, kind: Kind) => texts(bytes).flatMap((text) => decoded(JSON.parse(text), kind)),
})

framingVectors('anywire-socket', anywireSocket, flags(read.socket))
framingVectors('anywire-stream', anywireStream, flags(read.stream))
framingVectors('anywire-batch', anywireBatch, flags(read.batch))

interface Parsed {
  type: string
  messages: { data?: unknown; base64?: string; offset: string; event?: string; key?: string }[]
}

function decoded(frame: Parsed, kind: Kind): Decoded[] {
  if (frame.type !== 'messages') return []
  return frame.messages.map(({ data, base64, ...rest }) => {
    if (base64 !== undefined) return { ...rest, data: Buffer.from(base64, 'base64') }
    if (data === undefined) return { ...rest, data: undefined }
    return { ...rest, data: Buffer.from(kind === 'json' ? JSON.stringify(data) : String(data)) }
  })
}

const at = (number: number) => message(number, '').offset
const framings = [
  ['socket', anywireSocket],
  ['stream', anywireStream],
  ['batch', anywireBatch],
] as const

describe('anywire.v1 slice', () => {
  it('keeps the bytes of JSON as they came', () => {
    const slice = sliceOf('json', [
      message(1, '{ "n": 12345678901234567890 }', { event: 'e', key: 'k' }),
      message(2, '1e400'),
    ])
    expect(anywireText(slice).toString()).toBe(
      '{"type":"messages","channel":"room/é\\"1","messages":[' +
        `{"offset":"${at(1)}","data":{ "n": 12345678901234567890 },"event":"e","key":"k"},` +
        `{"offset":"${at(2)}","data":1e400}]}`,
    )
  })

  it('gives several lines of JSON several data fields', () => {
    const bytes = anywireStream.encode(sliceOf('json', [message(1, '{\n "a":\r1}')]))
    expect(bytes.toString().match(/^data: /gm)).toHaveLength(3)
  })

  it.each(framings)('announces a gap over %s', (wire, framing) => {
    const bytes = framing.gap!('a', { reason: 'trimmed', from: at(1), to: at(9), missed: 8 })
    const frame = { type: 'gap', channel: 'a', reason: 'trimmed', from: at(1), to: at(9), missed: 8 }
    expect(read[wire](bytes).map((text) => JSON.parse(text))).toEqual([frame])
  })

  it.each(framings)('says over %s that a log ends', (wire, framing) => {
    const bytes = framing.end!(sliceOf('json', [message(1, '1')], { channel: 'a', closed: true }))
    expect(read[wire](bytes)).toEqual([`{"type":"closed","channel":"a","offset":"${at(1)}"}`])
  })

  it('beats with a frame for the page and a ping for the browser', () => {
    const beat = readFrames(anywireSocket.heartbeat!).map(({ opcode, payload }) => [opcode, payload.toString()])
    expect(beat).toEqual([
      [1, '{"type":"heartbeat"}'],
      [9, ''],
    ])
  })

  it('puts any frame into a text frame', () => {
    expect(read.socket(asSocketFrame('{"type":"heartbeat"}'))).toEqual(['{"type":"heartbeat"}'])
  })
})
