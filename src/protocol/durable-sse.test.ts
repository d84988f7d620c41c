/** Durable Streams' SSE: the bytes its readers match, and no character broken. */
import { describe, expect, it } from 'vitest'
import { type Decoded, framingVectors, message, readEvents, sliceOf } from '../testing/framing-vectors.js'
import { cursorAt, durableSse, nextCursor } from './durable-sse.js'
import { messagesOf } from './json-walk.js'
import type { Kind } from './message.js'

for (const kind of ['json', 'text', 'binary'] as const) {
  framingVectors(`durable-sse, ${kind}`, durableSse(kind, 7), {
    kinds: [kind],
    joins: kind !== 'json',
    lineFeeds: true,
    without: ['offset', 'event', 'key', 'tombstone'],
    decode: (bytes) =>
      readEvents(bytes)
        .events.filter(({ event }) => event === 'data')
        .flatMap(({ data }) => decoded(data, kind)),
  })
}

function decoded(data: string, kind: Kind): Decoded[] {
  if (kind === 'json') return messagesOf(Buffer.from(data)).map((one) => ({ data: one }))
  return [{ data: Buffer.from(data, kind === 'text' ? 'utf8' : 'base64') }]
}

const at = (number: number) => message(number, '').offset
const split = (...parts: string[]) => parts.map((hex, i) => message(i + 1, Buffer.from(hex, 'hex')))
const leaving = (...parts: string[]) => durableSse('text').fit?.(sliceOf('text', split(...parts)))

describe('durable SSE', () => {
  it('spells one data and one control event, byte for byte', () => {
    const bytes = durableSse('json', 42).encode(sliceOf('json', [message(1, '{"n":1}'), message(2, '2')]))
    expect(bytes.toString()).toBe(
      'event: data\ndata:[{"n":1},2]\n\n' +
        `event: control\ndata:{"streamNextOffset":"${at(2)}","streamCursor":"42","upToDate":true}\nid: ${at(2)}\n\n`,
    )
  })

  it('writes text without a space, and one more where a line begins with one', () => {
    const bytes = durableSse('text', 42).encode(sliceOf('text', [message(1, 'a\n'), message(2, ' b')]))
    expect(bytes.toString()).toMatch(/^event: data\ndata:a\ndata: {2}b\n\nevent: control\ndata:{/)
  })

  it('writes binary as one base64 string that decodes by itself', () => {
    const bytes = durableSse('binary', 42).encode(sliceOf('binary', split('00', '010203')))
    expect(bytes.toString()).toMatch(/^event: data\ndata:AAECAw==\n\nevent: control/)
  })

  it('says only where the reader stands when there is nothing to say', () => {
    const bytes = durableSse('text', 42).encode(sliceOf('text', [], { upToDate: false }))
    expect(bytes.toString()).toBe(
      `event: control\ndata:{"streamNextOffset":"${at(0)}","streamCursor":"42"}\nid: ${at(0)}\n\n`,
    )
  })

  it('says that the channel is closed, without a cursor', () => {
    const { events } = readEvents(durableSse('json', 42).encode(sliceOf('json', [], { closed: true })))
    expect(JSON.parse(events[0]!.data)).toEqual({ streamNextOffset: at(0), upToDate: true, streamClosed: true })
  })

  it('has a name per kind and cursor', () => {
    const names = [durableSse('json'), durableSse('json', 1), durableSse('json', 2), durableSse('text', 1)]
    expect(new Set(names.map(({ name }) => name)).size).toBe(4)
  })

  it('holds back a message that ends inside a character', () => {
    expect(leaving('61', 'f09f')).toBe(1)
    expect(leaving('61', 'f0', '9f', '98')).toBe(1)
    expect(leaving('f0', '9f98', '80', 'e2')).toBe(3)
    expect(leaving('f09f')).toBe(0)
    expect(leaving('61', '')).toBe(2)
  })

  it('holds back no more than the last character that may still be whole', () => {
    const lead = (count: number) => Array.from({ length: count }, () => 'c3')
    expect(leaving(...lead(2_000))).toBe(1_999)
    expect(leaving(...lead(3), '61')).toBe(4)
    expect(leaving('e2', 'c3')).toBe(1)
    expect(leaving('e0', '80')).toBe(2)
    expect(leaving('f0', '9f', 'f0', '9f')).toBe(2)
  })

  it('waits for 16 messages at most, empty ones too', () => {
    const empty = (count: number) => Array.from({ length: count }, () => '')
    expect(leaving('c3', ...empty(15))).toBe(0)
    expect(leaving('c3', ...empty(16))).toBe(17)
    expect(leaving('61', 'c3', ...empty(3_000))).toBe(3_002)
  })

  it('holds nothing back at the end of a closed channel, nor of bytes', () => {
    expect(durableSse('text').fit?.(sliceOf('text', split('f09f'), { closed: true }))).toBe(1)
    expect(durableSse('binary').fit).toBeUndefined()
  })
})

describe('cursor', () => {
  const now = Date.UTC(2024, 9, 9) + 61_000

  it('counts 20 s intervals since 9 October 2024', () => {
    expect(cursorAt(now)).toBe(3)
  })

  it.each([undefined, '', '2', 'x', '-5', '1e9', '9'.repeat(16)])('is the current one for %j', (given) => {
    expect(nextCursor(given, now, 0.5)).toBe(3)
  })

  it('moves on by up to an hour from one that is current or beyond', () => {
    expect([nextCursor('3', now, 0), nextCursor('3', now, 0.9999), nextCursor('500', now, 0)]).toEqual([4, 183, 501])
  })
})
