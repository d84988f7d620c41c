/** Tests of fan-out: one write for a turn, and nothing lost when it is cut in slices of time. */
import { describe, expect, it } from 'vitest'
import { MemoryWire } from '../../../test/support/core/memory-wire.js'
import { numbers, type Reader, Room, turn, words } from '../../../test/support/core/room.js'
import type { Slice } from '../../protocol/message.js'

/** A wire that does something when it is written to. */
class ActingWire extends MemoryWire {
  act: (() => void) | undefined

  override write(...args: Parameters<MemoryWire['write']>): boolean {
    const { act } = this
    this.act = undefined
    act?.()
    return super.write(...args)
  }
}

/** Holds the loop for longer than a fan-out may. */
function dawdle(): void {
  const until = performance.now() + 6
  while (performance.now() < until);
}

const size = 200

/** Readers of whom the tenth is so slow to write to that the others are served in a later turn. */
async function slicedRoom(options: ConstructorParameters<typeof Room>[0] = {}) {
  const room = new Room(options)
  await room.publish('0')
  const slow = new ActingWire()
  const readers = await room.readers(size, (i) => (i === 9 ? { wire: slow } : {}))
  /** Publishes, and resolves in the middle of the fan-out: some have it, some do not. */
  const middle = async (word: string) => {
    slow.act = dawdle
    await room.publish(word)
    await new Promise<void>((resolve) => setImmediate(() => resolve()))
    const served = readers.filter(({ got }) => got.endsWith(word)).length
    expect(served).toBeGreaterThan(0)
    expect(served).toBeLessThan(readers.length)
  }
  return { room, readers, middle }
}

const got = (readers: readonly Reader[]) => [...new Set(readers.map((reader) => reader.got))]

describe('fan-out', () => {
  it('sends what was published in one turn in one write', async () => {
    const room = new Room()
    await room.publish('0')
    const reader = await room.reader()
    await Promise.all([room.publish('1'), room.publish('2'), room.publish('3', '4')])
    await turn()
    expect(reader.wire.writes.map(String)).toEqual(['1 2 3 4 '])
  })

  it('spells a slice once, whoever reads it', async () => {
    const room = new Room()
    await room.publish('0')
    let spelt = 0
    const framing = {
      ...words,
      name: 'counted',
      encode(slice: Parameters<typeof words.encode>[0]) {
        spelt++
        return words.encode(slice)
      },
    }
    const readers = await room.readers(50, () => ({ framing }))
    spelt = 0
    await room.publish('1')
    await turn()
    expect([spelt, got(readers)]).toEqual([1, ['1']])
    expect(new Set(readers.map(({ wire }) => wire.writes[0])).size).toBe(1)
  })

  it('goes on where it stood after it gave others a turn', async () => {
    const { readers, middle } = await slicedRoom()
    await middle('1')
    await turn()
    await middle('2')
    await turn()
    expect(got(readers)).toEqual(['1 2'])
  })

  it('reaches everyone when readers leave in the middle', async () => {
    const { readers, middle } = await slicedRoom()
    await middle('1')
    const gone = readers.filter((_, i) => i % 3 !== 0)
    for (const { connection } of gone) connection.close()
    await turn()
    expect(got(readers.filter((reader) => !gone.includes(reader)))).toEqual(['1'])
  })

  it('reaches everyone once when one reader makes others leave', async () => {
    const room = new Room()
    await room.publish('0')
    const wire = new ActingWire()
    const readers = await room.readers(130, (i) => (i === 3 ? { wire } : {}))
    wire.act = () => {
      for (const i of [1, 2, 4, 70, 71]) readers[i]!.connection.close()
    }
    await room.count(1, 2)
    await turn()
    await room.publish('3')
    await turn()
    expect(got(readers.filter((_, i) => ![1, 2, 4, 70, 71].includes(i)))).toEqual(['1 2 3'])
  })

  it('gives those who join in the middle each message once', async () => {
    const { room, readers, middle } = await slicedRoom()
    await middle('1')
    const late = await room.readers(70, (i) => ({ from: i % 2 ? 'now' : 'last-1' }))
    await room.publish('2')
    await turn()
    expect(got(readers)).toEqual(['1 2'])
    expect(got(late.filter((_, i) => i % 2))).toEqual(['2'])
    expect(got(late.filter((_, i) => i % 2 === 0))).toEqual(['1 2'])
  })

  it('gives those whose wire drains in the middle each message once', async () => {
    const { readers, middle, room } = await slicedRoom()
    for (const { wire } of readers.slice(100)) wire.pause()
    await middle('1')
    for (const { wire } of readers.slice(100, 150)) wire.resume()
    await room.publish('2')
    await turn()
    await middle('3')
    for (const { wire } of readers.slice(100)) wire.resume()
    await turn()
    expect(got(readers)).toEqual(['1 2 3'])
  })

  it('waits for those whose wire other bytes have filled', async () => {
    const room = new Room()
    await room.publish('0')
    const reader = await room.reader()
    reader.wire.pause()
    expect(reader.connection.write(Buffer.from('reply '))).toBe(false)
    await room.publish('1')
    await turn()
    expect(reader.wire.queued).toBe(6)
    reader.wire.resume()
    expect(await reader.until('1')).toBe('reply 1')
  })

  it('gives everyone what is published in the middle', async () => {
    const { room, readers, middle } = await slicedRoom({ sliceBytes: 200 })
    await middle('1')
    await room.count(2, 30)
    await turn()
    await turn()
    expect(got(readers)).toEqual([numbers(1, 30)])
  })

  it('tells everyone the end of a channel that is closed in the middle', async () => {
    const { room, readers, middle } = await slicedRoom()
    await middle('1')
    await room.close()
    await turn()
    expect(got(readers)).toEqual(['1 .'])
  })

  it('tells everyone of a channel that is deleted in the middle', async () => {
    const { room, readers, middle } = await slicedRoom()
    await middle('1')
    await room.store.delete(room.name)
    await room.publish('5')
    await turn()
    await room.publish('6')
    await turn()
    for (const one of got(readers)) expect(['1 [reset ?] 5 6', '[reset ?] 5 6']).toContain(one)
  })

  it('reaches everyone when a wake-up is lost in the middle', async () => {
    const { room, readers, middle } = await slicedRoom()
    await middle('1')
    room.store.onWake = () => []
    await room.publish('2')
    room.store.onWake = (wake) => [wake]
    await room.publish('3')
    await turn()
    expect(got(readers)).toEqual(['1 2 3'])
  })

  it('keeps no place for readers that are gone', async () => {
    const room = new Room()
    const stays = await room.reader()
    for (let i = 0; i < 300; i++) (await room.reader()).connection.close()
    const encoded: string[] = []
    for (let i = 0; i < 20; i++) {
      const name = `words ${i}`
      const encode = (slice: Slice) => {
        encoded.push(name)
        return words.encode(slice)
      }
      ;(await room.reader({ framing: { ...words, name, encode } })).connection.close()
    }
    await room.publish('1')
    expect(await stays.until('1')).toBe('1')
    expect(encoded).toEqual([])
  })
})
