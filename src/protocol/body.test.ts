/** Bodies of pages and polls. */
import { describe, expect, it } from 'vitest'
import { framingVectors, message, sliceOf } from '../testing/framing-vectors.js'
import { body, pollBody } from './body.js'
import { messagesOf } from './json-walk.js'

const nameless = ['offset', 'event', 'key', 'tombstone'] as const

framingVectors('body, json', body('json'), {
  kinds: ['json'],
  without: nameless,
  decode: (bytes) => messagesOf(bytes).map((data) => ({ data })),
})

framingVectors('body, bytes', body('text'), {
  kinds: ['text', 'binary'],
  joins: true,
  without: nameless,
  decode: (bytes) => (bytes.length > 0 ? [{ data: bytes }] : []),
})

for (const kind of ['json', 'text', 'binary'] as const) {
  framingVectors(`poll body, ${kind}`, pollBody(kind), {
    kinds: [kind],
    without: nameless,
    decode: (bytes) => JSON.parse(bytes.toString()).map((value: unknown) => ({ data: polled(value, kind) })),
  })
}

function polled(value: unknown, kind: string): Uint8Array {
  if (kind === 'json') return Buffer.from(JSON.stringify(value))
  if (typeof value === 'string') return Buffer.from(value, kind === 'text' ? 'utf8' : 'base64')
  const { base64 } = Object(value)
  return Buffer.from(base64, 'base64')
}

describe('body', () => {
  it('is an array of the bytes that came', () => {
    const slice = sliceOf('json', [message(1, '{ "a": 1e400 }'), message(2, undefined, { key: 'k' }), message(3, '[]')])
    expect(body('json').encode(slice).toString()).toBe('[{ "a": 1e400 },[]]')
  })

  it('is an empty array when nothing is there', () => {
    expect(body('json').encode(sliceOf('json', [])).toString()).toBe('[]')
  })

  it('is the bytes one after another', () => {
    expect(
      body('text')
        .encode(sliceOf('text', [message(1, 'a\r'), message(2, '\nb')]))
        .toString(),
    ).toBe('a\r\nb')
  })

  it('says of polled text that is not UTF-8 that it is base64', () => {
    const slice = sliceOf('text', [message(1, 'a"'), message(2, Uint8Array.of(0xff))])
    expect(pollBody('text').encode(slice).toString()).toBe('["a\\"",{"base64":"/w=="}]')
  })
})
