/** What a client of anywire.v1 may send, and what it is told otherwise. */
import { describe, expect, it } from 'vitest'
import { notBase64 } from '../../test/support/base64.js'
import type { ClientFrame, PublishRequest } from './anywire-frame.js'
import { dataOf, parseClientFrame, parsePostBody, rateOnGrid, readClientFrame } from './anywire-request.js'
import { AnywireError } from './error.js'
import type { Kind } from './message.js'

const idOf = (text: string) => {
  const reading = readClientFrame(Buffer.from(text))
  return reading.error ? reading.id : reading.frame
}
const parse = (frame: unknown) => parseClientFrame(JSON.stringify(frame))
const publish = (fields: object) => ({ type: 'publish', id: 1, channel: 'a', ...fields })

function published(text: string): PublishRequest {
  const frame: ClientFrame = parseClientFrame(text)
  if (frame.type !== 'publish') throw new Error(`read as ${frame.type}`)
  return frame
}

const stored = (fields: object, kind: Kind) => {
  const data = dataOf(published(JSON.stringify(publish(fields))), kind)
  return data && Buffer.from(data).toString('latin1')
}

describe('client frame', () => {
  it('is read whole', () => {
    const producer = { id: 'p', epoch: 0, seq: 3 }
    expect(parse({ type: 'auth', token: 't' })).toEqual({ type: 'auth', token: 't' })
    expect(parse({ type: 'unsubscribe', channels: ['a', 'b'] })).toEqual({ type: 'unsubscribe', channels: ['a', 'b'] })
    expect(parse({ type: 'ping', id: 'x' })).toEqual({ type: 'ping', id: 'x' })
    expect(parse(publish({ data: null, event: 'e', key: 'k', producer }))).toMatchObject({
      ...publish({ data: null, event: 'e', key: 'k', producer }),
    })
  })

  it('fills in what a subscription leaves out', () => {
    expect(parse({ type: 'subscribe', subscriptions: [{ channel: 'a' }] })).toEqual({
      type: 'subscribe',
      subscriptions: [{ channel: 'a', offset: 'now', slow: 'catch-up', rate: undefined }],
    })
  })

  it('passes over fields that it does not know', () => {
    expect(parse({ type: 'ping', later: 1 })).toEqual({ type: 'ping', id: undefined })
  })

  it.each([
    [[], 'The frame must be a JSON object; it is an array.'],
    [null, 'The frame must be a JSON object; it is null.'],
    [
      { type: 'shout' },
      '"type" must be one of "auth", "subscribe", "unsubscribe", "publish" and "ping"; it is "shout".',
    ],
    [{}, '"type" must be one of "auth", "subscribe", "unsubscribe", "publish" and "ping"; it is missing.'],
    [{ type: 'auth' }, '"token" must be a string of well-formed Unicode; it is missing.'],
    [{ type: 'subscribe', subscriptions: {} }, '"subscriptions" must be an array; it is an object.'],
    [{ type: 'subscribe', subscriptions: [1] }, '"subscriptions[0]" must be a JSON object; it is 1.'],
    [
      { type: 'subscribe', subscriptions: [{ channel: 'a' }, { channel: 7 }] },
      '"subscriptions[1].channel" must be a string of well-formed Unicode; it is 7.',
    ],
    [
      { type: 'subscribe', subscriptions: [{ channel: 'a', slow: 'fast' }] },
      '"subscriptions[0].slow" must be "catch-up", "conflate" or "disconnect"; it is "fast".',
    ],
    [
      { type: 'subscribe', subscriptions: [{ channel: 'a', rate: 0.5 }] },
      '"subscriptions[0].rate" must be a number of writes per second, from 1; it is 0.5.',
    ],
    [
      { type: 'unsubscribe', channels: ['a', null] },
      '"channels[1]" must be a string of well-formed Unicode; it is null.',
    ],
    [publish({ id: undefined, data: 1 }), '"id" must be a string or a number; it is missing.'],
    [publish({ id: true, data: 1 }), '"id" must be a string or a number; it is true.'],
    [publish({}), '"data" is missing: only a message with a "key" may have no data.'],
    [publish({ data: 1, base64: '' }), 'Send "data" or "base64", not both.'],
    [publish({ base64: 'a' }), '"base64" must be base64 with padding (RFC 4648 §4); it is "a".'],
    [publish({ data: 1, key: '\ud800' }), '"key" must be a string of well-formed Unicode; it is "\\ud800".'],
    [
      publish({ data: 1, producer: { id: '', epoch: 0, seq: 0 } }),
      '"producer.id" must be a string that is not empty; it is "".',
    ],
    [
      publish({ data: 1, producer: { id: 'p', epoch: -1, seq: 0 } }),
      '"producer.epoch" must be a whole number from 0; it is -1.',
    ],
    [
      publish({ data: 1, producer: { id: 'p', epoch: 0 } }),
      '"producer.seq" must be a whole number from 0; it is missing.',
    ],
  ])('%j is refused with a sentence', (frame, sentence) => {
    expect(() => parse(frame)).toThrow(new AnywireError('bad-request', sentence))
  })

  it.each(notBase64)('with base64 that is %s is refused', (_, base64) => {
    const spelt = JSON.stringify(base64)
    const sentence = `"base64" must be base64 with padding (RFC 4648 §4); it is ${spelt}.`
    expect(() => parse(publish({ base64 }))).toThrow(new AnywireError('bad-request', sentence))
    const post = () => parsePostBody({ publish: [{ channel: 'a', base64 }] })
    expect(post).toThrow(/^"publish\[0\]\.base64" must be base64/)
  })

  it('is refused when it is no JSON', () => {
    expect(() => parseClientFrame('{')).toThrow(/^The frame is not JSON: /)
  })

  it('holds data as deep as any message, and no deeper', () => {
    const frame = (levels: number) =>
      `{"type":"publish","id":1,"channel":"c","data":${'['.repeat(levels)}${']'.repeat(levels)}}`
    expect(parseClientFrame(frame(100))).toMatchObject({ id: 1 })
    expect(() => parseClientFrame(frame(101))).toThrow('nested too deeply')
    expect(idOf(frame(101))).toBeUndefined()
  })

  it('gives its id to the error that refuses it', () => {
    expect([
      idOf('{"type":"publish","id":7}'),
      idOf('{"id":{}}'),
      idOf('{"id":1e999}'),
      idOf('{'),
      idOf('null'),
    ]).toEqual([7, undefined, undefined, undefined, undefined])
  })
})

describe('data of a publish', () => {
  it('is the bytes that came in a JSON channel', () => {
    const text = '{"type":"publish", "data" : {"n": 12345678901234567890, "m":1e400} ,"id":1,"channel":"a"}'
    expect(Buffer.from(dataOf(published(text), 'json')!).toString()).toBe('{"n": 12345678901234567890, "m":1e400}')
  })

  it('is the text of a string in a text channel', () => {
    expect(stored({ data: 'a"b' }, 'text')).toBe('a"b')
    expect(stored({ base64: '/w==' }, 'text')).toBe('\xff')
  })

  it('is what base64 spells in a binary channel', () => {
    expect(stored({ base64: 'AAH/' }, 'binary')).toBe('\0\x01\xff')
  })

  it('is missing from a tombstone', () => {
    expect(stored({ key: 'k' }, 'json')).toBeUndefined()
  })

  it.each([
    ['json', { base64: 'AA==' }, 'The channel "a" holds JSON: send "data" with any JSON value.'],
    ['binary', { data: 'a' }, 'The channel "a" holds binary: send "base64".'],
    ['text', { data: 1 }, 'The channel "a" holds text: send "data" with a string of well-formed Unicode, or "base64".'],
    [
      'text',
      { data: '\ud800' },
      'The channel "a" holds text: send "data" with a string of well-formed Unicode, or "base64".',
    ],
  ] as const)('is refused where a %s channel cannot hold %j', (kind, fields, sentence) => {
    expect(() => stored(fields, kind)).toThrow(new AnywireError('bad-request', sentence))
  })
})

describe('POST body', () => {
  const text =
    '{"publish":[{"channel":"a","data":1e400},{"channel":"b","base64":"AA=="}],"subscribe":[{"channel":"a","rate":7}]}'

  it('keeps the bytes that came', () => {
    const { publish } = parsePostBody(JSON.parse(text), Buffer.from(text))
    expect(Buffer.from(dataOf(publish[0]!, 'json')!).toString()).toBe('1e400')
    expect(dataOf(publish[1]!, 'binary')).toEqual(Buffer.of(0))
  })

  it('may lack either half', () => {
    expect(parsePostBody({ publish: [] })).toMatchObject({ subscribe: [], publish: [] })
    expect(parsePostBody({ subscribe: [{ channel: 'a' }] }).publish).toEqual([])
    expect(parsePostBody({ welcome: true })).toMatchObject({ welcome: true, subscribe: [], publish: [] })
    expect(parsePostBody(JSON.parse(text)).subscribe[0]).toEqual({
      channel: 'a',
      offset: 'now',
      slow: 'catch-up',
      rate: 5,
    })
  })

  it.each([
    [{}, 'The body names nothing to do: send "subscribe", "publish" or both.'],
    [{ welcome: false }, 'The body names nothing to do: send "subscribe", "publish" or both.'],
    [{ welcome: 1 }, '"welcome" must be true or false; it is 1.'],
    [{ publish: [], principal: 1 }, '"principal" must be a string of well-formed Unicode; it is 1.'],
    ['x', 'The body must be a JSON object; it is "x".'],
    [{ publish: {} }, '"publish" must be an array; it is an object.'],
    [{ publish: [{ data: 1 }] }, '"publish[0].channel" must be a string of well-formed Unicode; it is missing.'],
    [
      { subscribe: [{ channel: 'a', offset: 3 }] },
      '"subscribe[0].offset" must be a string of well-formed Unicode; it is 3.',
    ],
  ])('%j is refused with a sentence', (body, sentence) => {
    expect(() => parsePostBody(body)).toThrow(new AnywireError('bad-request', sentence))
  })
})

describe('rate', () => {
  it('falls on the grid below it', () => {
    expect([1, 1.9, 4, 19, 49, 50, 1e9].map(rateOnGrid)).toEqual([1, 1, 2, 10, 20, 50, 50])
    expect([0, 0.9, -1, Number.NaN].map(rateOnGrid)).toEqual([undefined, undefined, undefined, undefined])
  })
})
