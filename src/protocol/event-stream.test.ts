/** Plain SSE, read as the HTML standard says. */
import { describe, expect, it } from 'vitest'
import { type Decoded, framingVectors, message, readEvents, sliceOf } from '../testing/framing-vectors.js'
import { dataLines, eventStream, opening } from './event-stream.js'

framingVectors('event-stream', eventStream, {
  kinds: ['json', 'text'],
  lineFeeds: true,
  utf8Only: true,
  without: ['key'],
  decode: (bytes) => readEvents(bytes).events.map(decoded),
})

function decoded({ event, data, id }: { event: string; data: string; id: string }): Decoded {
  if (event === 'delete') return { data: undefined, offset: id }
  return { data: Buffer.from(data), offset: id, event: event === 'message' ? undefined : event }
}

const at = (number: number) => message(number, '').offset

describe('event stream', () => {
  it('spells an event name, each line of the data, and the offset', () => {
    const bytes = eventStream.encode(sliceOf('text', [message(1, 'a\r\n b', { event: 'move' })]))
    expect(bytes.toString()).toBe(`event: move\ndata: a\ndata:  b\nid: ${at(1)}\n\n`)
  })

  it('spells a tombstone as an event "delete" whose data is the key', () => {
    const bytes = eventStream.encode(sliceOf('json', [message(1, undefined, { key: 'a"b' })]))
    expect(bytes.toString()).toBe(`event: delete\ndata: "a\\"b"\nid: ${at(1)}\n\n`)
  })

  it('dispatches an event for an empty message', () => {
    const bytes = eventStream.encode(sliceOf('text', [message(1, '')]))
    expect(readEvents(bytes).events).toEqual([{ event: 'message', data: '', id: at(1) }])
  })

  it('announces a gap, and resumes after it', () => {
    const { events, lastEventId } = readEvents(
      eventStream.gap!('room', { reason: 'trimmed', from: 'x\n\ny', to: at(5), missed: 3 }),
    )
    expect(events.map(({ event, data }) => [event, JSON.parse(data)])).toEqual([
      ['gap', { reason: 'trimmed', from: 'x\n\ny', to: at(5), missed: 3 }],
    ])
    expect(lastEventId).toBe(at(5))
  })

  it('leaves out of a gap how many are missing when nobody knows', () => {
    const gap = eventStream.gap!('room', { reason: 'reset', from: at(1), to: at(0), missed: undefined })
    expect(gap.toString()).not.toContain('missed')
  })

  it('opens with an event that holds the position from which a reader resumes who saw nothing', () => {
    const events = [{ event: 'position', data: '', id: at(3) }]
    expect(readEvents(opening(2500, at(3)))).toEqual({ events, lastEventId: at(3), retryMs: 2500 })
    expect(opening(2500, at(3)).toString()).toBe(`retry: 2500\nevent: position\nid: ${at(3)}\ndata:\n\n`)
  })

  it('opens without an id where the reader is to keep its own, as before a gap', () => {
    expect(opening(2500, undefined).toString()).toBe('retry: 2500\nevent: position\ndata:\n\n')
  })

  it('takes CRLF as one line break and CR as one', () => {
    expect(dataLines(Buffer.from('a\r\r\n\nb')).toString()).toBe('data: a\ndata: \ndata: \ndata: b\n')
  })
})
