import { describe, expect, it } from 'vitest'
import { inOneLine, jsonText } from './json-text.js'

const exact = '{"n":12345678901234567890, "f": 1.0, "s": "a\\u0041\\"} ,", "l": [1e2, -0]}'
const frame = `{"type":"messages","channel":"a","messages":[{"offset":"1","data":${exact}},{"offset":"2","key":"k"}]}`
const read = {
  type: 'messages',
  channel: 'a',
  messages: [
    { offset: '1', data: exact },
    { offset: '2', key: 'k' },
  ],
}

describe('JSON as text', () => {
  it('is what the messages of a frame hold', () => {
    expect(jsonText.parse(frame)).toEqual(read)
  })

  it('is what the messages of a batch hold', () => {
    const welcome = { type: 'welcome', time: 1 }
    expect(jsonText.parse(`[${JSON.stringify(welcome)}, ${frame}]`)).toEqual([welcome, read])
  })

  it('is left alone in other frames', () => {
    const published = { type: 'published', id: 1, reply: { messages: [{ data: 1 }] } }
    expect(jsonText.parse(JSON.stringify(published))).toEqual(published)
  })

  it('goes into a publish as it is', () => {
    expect(jsonText.stringify({ channel: 'a', data: exact, key: 'k' })).toBe(
      `{"channel":"a","key":"k","data":${exact}}`,
    )
  })

  it('is absent from a publish that removes a key', () => {
    expect(jsonText.stringify({ channel: 'a', key: 'k' })).toBe('{"channel":"a","key":"k"}')
  })

  it('takes one line, and keeps what is in strings', () => {
    expect(inOneLine('{\n  "a b": [1.0,\t"c \\" d \\\\", 2]\r\n}')).toBe('{"a b":[1.0,"c \\" d \\\\",2]}')
  })
})
