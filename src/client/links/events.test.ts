/** Events of a stream that comes in pieces. */
import { describe, expect, it } from 'vitest'
import { eventReader } from './events.js'

function read(text: string, size: number): string[] {
  const bytes = Buffer.from(text)
  const events: string[] = []
  const reader = eventReader((data) => events.push(data))
  for (let at = 0; at < bytes.length; at += size) reader(bytes.subarray(at, at + size))
  return events
}

describe('event reader', () => {
  const lines = [
    'retry: 1000',
    '',
    'id: 7',
    'data: {"a":"Grüße 👋"}',
    '',
    ': silence',
    '',
    'data: {',
    'data:  "b": 1',
    'data:',
    'data: }',
    '',
    'data:2',
    '',
    'data: 3',
  ]

  describe.each([
    ['LF', '\n'],
    ['CR', '\r'],
    ['CRLF', '\r\n'],
  ])('with lines that end with %s', (_, end) => {
    it.each([1, 2, 3, 7, 1_000])('reads each event once, whole, from pieces of %i bytes', (size) => {
      expect(read(lines.join(end), size)).toEqual(['{"a":"Grüße 👋"}', '{\n "b": 1\n\n}', '2'])
    })
  })

  it('tells an event when its last line ends, though a second half of that end may follow', () => {
    expect(read('data: 1\r\r', 1)).toEqual(['1'])
  })

  it.each([
    ['a line', 'data: 1'],
    ['lines', 'data: 1\n'],
    ['comments', ': 1\n'],
  ])('takes no %s without end', (_, piece) => {
    const reader = eventReader(() => {}, 1_000)
    for (let n = 0; n < 100; n++) reader(Buffer.from('data: 1\n\n'.repeat(10)))
    expect(() => {
      for (let n = 0; n < 1_000; n++) reader(Buffer.from(piece))
    }).toThrow('does not end')
  })
})
