/** Events of a stream that comes in pieces. */
import { describe, expect, it } from 'vitest'
import { eventReader } from './events.js'

describe('event reader', () => {
  const bytes = Buffer.from('retry: 1000\n\ndata: {"a":"Grüße 👋"}\n\n: silence\n\ndata: 2\n\ndata: 3')

  it.each([1, 2, 3, 7, 1_000])('reads each event once, whole, from pieces of %i bytes', (size) => {
    const events: string[] = []
    const read = eventReader((data) => events.push(data))
    for (let at = 0; at < bytes.length; at += size) read(bytes.subarray(at, at + size))
    expect(events).toEqual(['{"a":"Grüße 👋"}', '2'])
  })
})
