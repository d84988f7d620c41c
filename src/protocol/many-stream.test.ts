/** Plain SSE with many channels. */
import { describe, expect, it } from 'vitest'
import { framingVectors, message, readEvents, sliceOf } from '../testing/framing-vectors.js'
import { manyStream, parsePositions, positionsBlock } from './many-stream.js'

framingVectors('many-stream', manyStream, {
  kinds: ['json', 'text', 'binary'],
  decode: (bytes, kind) =>
    readEvents(bytes).events.map(({ data }) => {
      const { base64, data: value, ...rest } = JSON.parse(data)
      if (base64 !== undefined) return { ...rest, data: Buffer.from(base64, 'base64') }
      if (value === undefined) return { ...rest, data: undefined }
      return { ...rest, data: Buffer.from(kind === 'json' ? JSON.stringify(value) : value) }
    }),
})

const at = (number: number) => message(number, '').offset

describe('many-channel stream', () => {
  it('names the channel of each message and gives it no id', () => {
    const { events } = readEvents(manyStream.encode(sliceOf('json', [message(1, '{"n":1}')])))
    expect(events).toEqual([
      { event: 'message', id: '', data: `{"channel":"room/é\\"1","offset":"${at(1)}","data":{"n":1}}` },
    ])
  })

  it('says after a write where all channels stand', () => {
    const lastEventId = `${at(1)},${at(2)}`
    const events = [{ event: 'position', data: '', id: lastEventId }]
    expect(readEvents(positionsBlock([at(1), at(2)]))).toEqual({ events, lastEventId })
  })

  it('keeps the positions through a message and a gap', () => {
    const gap = manyStream.gap!('room', { reason: 'reset', from: at(2), to: at(0) })
    const bytes = Buffer.concat([positionsBlock([at(1)]), manyStream.encode(sliceOf('json', [message(2, '1')])), gap])
    expect(readEvents(bytes).lastEventId).toBe(at(1))
  })

  it('announces the gap of a channel', () => {
    const gap = manyStream.gap!('room', { reason: 'reset', from: at(2), to: at(0) })
    const [event] = readEvents(gap).events
    expect(event?.event).toBe('gap')
    expect(JSON.parse(event!.data)).toEqual({ channel: 'room', reason: 'reset', from: at(2), to: at(0) })
  })

  it('reads the positions back in their order', () => {
    expect(parsePositions(`${at(3)},${at(1)}`, 2)).toEqual([at(3), at(1)])
  })

  it.each(['', 'x', `${at(1)}`, `${at(1)},`, `${at(1)},now`, `${at(1)},${at(2)},${at(3)}`])(
    'takes %j for no positions of two channels',
    (text) => expect(parsePositions(text, 2)).toBeUndefined(),
  )
})
