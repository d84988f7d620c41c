/** Tests of a framing that holds back a message which ends inside a character: durable SSE of text. */
import { describe, expect, it } from 'vitest'
import { type Reader, Room, turn } from '../../../test/support/core/room.js'
import { durableSse } from '../../protocol/durable-sse.js'
import type { Slice } from '../../protocol/message.js'
import { readEvents } from '../../testing/index.js'

const framing = durableSse('text')
const face = Buffer.from('😀')

/** The text of all data events, and whether one of them holds half a character. */
function textOf({ wire }: Reader): string {
  const { events } = readEvents(Buffer.concat(wire.writes))
  return events
    .filter(({ event }) => event === 'data')
    .map(({ data }) => data)
    .join('')
}

const until = async (reader: Reader, end: string) => {
  await reader.wire.until(() => textOf(reader).endsWith(end))
  return textOf(reader)
}

describe('text that ends inside a character', () => {
  it('waits for the rest, live', async () => {
    const room = new Room()
    const reader = await room.reader({ framing })
    await room.publish(Buffer.concat([Buffer.from('a'), face.subarray(0, 2)]))
    await turn()
    expect(textOf(reader)).toBe('')
    await room.publish(face.subarray(2))
    expect(await until(reader, '😀')).toBe('a😀')
  })

  it('lets go what stands before it', async () => {
    const room = new Room()
    const reader = await room.reader({ framing })
    await Promise.all([room.publish(Buffer.from('ab')), room.publish(face.subarray(0, 1))])
    await turn()
    expect(textOf(reader)).toBe('ab')
    await room.publish(face.subarray(1, 3))
    await turn()
    await room.publish(face.subarray(3))
    expect(await until(reader, '😀')).toBe('ab😀')
  })

  it('waits while other readers go on', async () => {
    const room = new Room()
    const reader = await room.reader({ framing })
    const other = await room.reader({ framing: durableSse('binary') })
    await room.publish(face.subarray(0, 2))
    await turn()
    expect(other.wire.writes.length).toBe(1)
    await room.publish(face.subarray(2))
    await room.publish(Buffer.from('c'))
    expect(await until(reader, 'c')).toBe('😀c')
  })

  it.each([
    ['from the window', 'live'],
    ['from the store', 'late'],
  ])('is carried though it is larger than a slice, %s', async (_, when) => {
    const room = new Room({ sliceBytes: 300 })
    const large = Buffer.concat([Buffer.alloc(5_000, 'x'), face.subarray(0, 3)])
    const publish = async () => {
      await room.publish(large)
      await turn()
      await room.publish(face.subarray(3))
    }
    if (when === 'late') await publish()
    const reader = await room.reader({ framing, from: when === 'late' ? '-1' : 'now' })
    if (when === 'live') await publish()
    expect((await until(reader, '😀')).length).toBe(5_002)
  })

  it.each([
    ['from the window', 'now', 1_000],
    ['from the store', '-1', 8],
  ])('is carried over the place where slices are aligned, %s', async (_, from, windowMessages) => {
    const room = new Room({ windowMessages })
    if (from === '-1')
      for (let i = 1; i <= 300; i++)
        await room.publish(i === 256 ? face.subarray(0, 2) : i === 257 ? face.subarray(2) : '.')
    const reader = await room.reader({ framing, from })
    reader.wire.pause()
    if (from === 'now') {
      await room.publish('.')
      await turn()
      for (let i = 2; i <= 300; i++)
        await room.publish(i === 256 ? face.subarray(0, 2) : i === 257 ? face.subarray(2) : '.')
      await turn()
    }
    reader.wire.resume()
    const end = '.'.repeat(43)
    expect(await until(reader, `😀${end}`)).toBe(`${'.'.repeat(255)}😀${end}`)
  })

  it('is given as it is at the end of a closed log', async () => {
    const room = new Room()
    const reader = await room.reader({ framing })
    await room.publish(Buffer.concat([Buffer.from('a'), face.subarray(0, 2)]))
    await turn()
    await room.close()
    await turn()
    expect(textOf(reader)).toBe('a�')
  })

  it('costs a publish the same, however many messages before it were broken', async () => {
    const room = new Room()
    let looked = 0
    const fit = (slice: Slice) => {
      looked += slice.messages.length
      return framing.fit!(slice)
    }
    const counting = { ...framing, fit }
    await room.readers(10, () => ({ framing: counting }))
    for (let i = 0; i < 1_000; i++) {
      await room.publish(Uint8Array.of(0xc3))
      if (i % 10 === 0) await turn()
    }
    await turn()
    // Each message is looked at once or a few times by each reader; cut anew from its position it would be 500,000 for
    // each.
    expect(looked).toBeLessThan(10 * 1_000 * 4)
  })
})
