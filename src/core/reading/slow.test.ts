/** Tests of readers who are slow by themselves or by wish: conflation, disconnection, rates. */
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { MemoryWire } from '../../../test/support/core/memory-wire.js'
import { numbers, Room, turn, words } from '../../../test/support/core/room.js'

describe('slow=catch-up', () => {
  it('promise 6: holds one slice beyond what the network took, whatever passes', async () => {
    const room = new Room({ sliceBytes: 1_000, windowMessages: 16 })
    const wire = new MemoryWire()
    const reader = await room.reader({ wire })
    wire.pause()
    for (let i = 0; i < 50; i++) {
      await room.count(i * 10 + 1, i * 10 + 10)
      await turn()
    }
    expect(wire.queued).toBeLessThanOrEqual(1_000)
    wire.resume()
    expect(await reader.until('500')).toBe(numbers(1, 500))
  })
})

describe('slow=conflate', () => {
  it('promise 3: sends the newest of each key and announces how many were left out', async () => {
    const room = new Room()
    const reader = await room.reader({ slow: 'conflate' })
    reader.wire.pause()
    await room.publish('a0')
    await turn()
    await room.publish('a1', 'b1', 'a2', 'c1', '-b')
    await turn()
    reader.wire.resume()
    expect(await reader.until('-b')).toBe('a0 [conflated 2] a2 c1 -b')
  })

  it('leaves nothing out for a reader that keeps up', async () => {
    const room = new Room()
    const reader = await room.reader({ slow: 'conflate' })
    for (const word of ['a1', 'a2', 'a3']) {
      await room.publish(word)
      await turn()
    }
    expect(reader.got).toBe('a1 a2 a3')
  })

  it('conflates what the window holds no more, and goes on', async () => {
    const room = new Room({ windowMessages: 4 })
    const reader = await room.reader({ slow: 'conflate' })
    reader.wire.pause()
    for (let i = 1; i <= 60; i++) {
      await room.publish(`a${i}`, `b${i}`)
      await turn()
    }
    reader.wire.resume()
    const got = await reader.until('b60')
    expect(got).toMatch(/^a1 b1 \[conflated \d+\] a60 b60$/)
  })

  it('never loses the newest of a key, though a slice holds few and keys change meanwhile', async () => {
    const room = new Room({ sliceBytes: 200 })
    const keys = [...'abcdefghij']
    const reader = await room.reader({ slow: 'conflate' })
    const newest = new Map<string, string>()
    for (let i = 0; i < 40; i++) {
      if (i % 3 === 0) reader.wire.pause()
      for (const key of keys.filter((_, k) => (k * 7 + i) % 5 < 3)) {
        newest.set(key, `${key}${i}`)
        await room.publish(`${key}${i}`)
      }
      await turn()
      if (i % 3 === 2) reader.wire.resume()
      await turn()
    }
    reader.wire.resume()
    await turn()
    const last = new Map(reader.got.split(' ').map((word) => [word[0]!, word]))
    expect(Object.fromEntries(keys.map((key) => [key, last.get(key)]))).toEqual(Object.fromEntries(newest))
    const missed = [...reader.got.matchAll(/conflated (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0)
    const words = reader.got.split(' ').filter((word) => /^[a-j]\d+$/.test(word))
    expect(words.length + missed).toBe(240)
  })

  it('promise 3: a reader that is cut off right after the announcement resumes before what followed it', async () => {
    const gaps: string[] = []
    const framing = {
      ...words,
      name: 'gaps',
      gap: (channel: string, gap: Parameters<NonNullable<typeof words.gap>>[1]) => {
        gaps.push(gap.to)
        return words.gap!(channel, gap)
      },
    }
    const room = new Room()
    const reader = await room.reader({ slow: 'conflate', framing })
    reader.wire.pause()
    await room.publish('a0')
    await turn()
    await room.publish('a1', 'b1', 'a2', 'c1')
    await turn()
    reader.wire.resume()
    await reader.until('c1')
    const resumed = await room.reader({ from: gaps[0]! })
    expect(await resumed.until('c1')).toBe('b1 a2 c1')
  })
})

describe('slow=disconnect', () => {
  it('ends a reader that falls behind the window, with the reason', async () => {
    const room = new Room({ windowMessages: 4 })
    const reader = await room.reader({ slow: 'disconnect' })
    reader.wire.pause()
    for (let i = 1; i <= 9; i++) {
      await room.publish(String(i))
      await turn()
    }
    reader.wire.resume()
    await reader.until('?]')
    expect([reader.got, reader.wire.over]).toEqual(['1 [slow ?]', true])
  })

  it.each([
    ['the first message of a channel', (room: Room) => room.publish('1')],
    ['more in one turn than the window holds', (room: Room) => room.count(1, 9)],
    [
      'a lost wake-up',
      async (room: Room) => {
        await room.publish('1')
        await turn()
        room.store.onWake = () => []
        await room.publish('2')
        room.store.wake({ kind: 'discontinuity' })
      },
    ],
  ])('blames nobody for %s', async (_, happen) => {
    const room = new Room({ windowMessages: 4 })
    const reader = await room.reader({ slow: 'disconnect' })
    await happen(room)
    await room.store.append(room.name, [], { close: true })
    room.store.wake({ kind: 'discontinuity' })
    expect(await reader.until('.')).toMatch(/^1 [^[]*\.$/)
  })

  it('lets a reader catch up at first, and one that stays within the window', async () => {
    const room = new Room({ windowMessages: 4, sliceBytes: 200 })
    await room.count(1, 50)
    const reader = await room.reader({ slow: 'disconnect', from: '-1' })
    await reader.until('50')
    reader.wire.pause()
    await room.publish('51')
    await turn()
    await room.count(52, 54)
    await turn()
    reader.wire.resume()
    expect(await reader.until('54')).toBe(numbers(1, 54))
  })
})

describe('rate', () => {
  it('writes what has come at most so often, and shares the bytes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const room = new Room()
    await room.publish('0')
    const readers = await room.readers(3, () => ({ rate: 10 as const }))
    const every = await room.reader()
    for (let i = 1; i <= 30; i++) {
      await room.publish(String(i))
      await turn()
      vi.advanceTimersByTime(10)
    }
    vi.advanceTimersByTime(100)
    for (const reader of readers) expect(await reader.until('30')).toBe(numbers(1, 30))
    for (const { wire } of readers) expect(wire.writes.length).toBeLessThanOrEqual(5)
    expect(every.wire.writes.length).toBe(30)
    expect(readers[1]!.wire.writes.at(-1)).toBe(readers[0]!.wire.writes.at(-1))
  })

  it('tells the end of a channel, and lets go of those who left', async () => {
    const room = new Room()
    await room.publish('0')
    const [stays, leaves] = await room.readers(2, () => ({ rate: 50 as const }))
    leaves!.connection.close()
    await room.publish('1')
    await room.close()
    expect(await stays!.until('.')).toBe('1 .')
    expect(leaves!.got).toBe('')
  })
})
