/** Tests of delivery: from a position to the head, over everything that a store may do meanwhile. */
import { describe, expect, it } from 'vitest'
import { MemoryWire } from '../../../test/support/core/memory-wire.js'
import { numbers, Room, turn, words } from '../../../test/support/core/room.js'
import { AnywireError } from '../../protocol/error.js'

const small = { windowMessages: 8, sliceBytes: 200 }

describe('a reading', () => {
  it('promise 1: begins at its position and goes on as the log grows', async () => {
    const room = new Room()
    const [, second] = await room.count(1, 5)
    const reader = await room.reader({ from: second! })
    await room.count(6, 9)
    expect(await reader.until('9')).toBe(numbers(3, 9))
  })

  it.each([
    ['-1', 1],
    ['last-3', 58],
    ['now', 61],
  ])('promise 2: delivers each message once from %s while the channel grows', async (from, earliest) => {
    const room = new Room(small)
    await room.count(1, 40)
    const opened = room.reader({ from })
    await room.count(41, 60)
    const reader = await opened
    await room.count(61, 80)
    const got = await reader.until('80')
    const first = Number(got.split(' ')[0])
    expect(got).toBe(numbers(first, 80))
    expect([first <= earliest, first >= 1]).toEqual([true, true])
  })

  it('promise 2: delivers each message once to readers from every position, of which some stop and go', async () => {
    const room = new Room(small)
    const offsets = await room.count(1, 60)
    const readers = await room.readers(60, (i) => ({ from: offsets[i]!, wire: new MemoryWire(i * 10) }))
    for (let i = 0; i < 60; i++) {
      for (const [k, { wire }] of readers.entries()) if (k % 4 === i % 4) i % 8 < 4 ? wire.pause() : wire.resume()
      await room.count(61 + i * 3, 63 + i * 3)
      await turn()
    }
    for (const { wire } of readers) wire.resume()
    for (const [i, reader] of readers.entries()) expect(await reader.until('240')).toBe(numbers(i + 2, 240))
  })

  it('of a name that nobody has written begins with the first message', async () => {
    const room = new Room()
    const readers = [await room.reader({ from: 'now' }), await room.reader({ from: '-1' })]
    await room.publish('1')
    for (const reader of readers) expect(await reader.until('1')).toBe('1')
    expect(room.errors).toEqual([])
  })

  it('promise 3: is told what was trimmed before it came, and reads on', async () => {
    const room = new Room({}, { retain: { messages: 5, bytes: null, ageMs: null } })
    const [first] = await room.count(1, 20)
    const reader = await room.reader({ from: first! })
    expect(await reader.until('20')).toBe(`[trimmed 14] ${numbers(16, 20)}`)
  })

  it('promise 3: is told of what was trimmed while its wire was full', async () => {
    const room = new Room({ windowMessages: 2 }, { retain: { messages: 5, bytes: null, ageMs: null } })
    const reader = await room.reader()
    reader.wire.pause()
    for (let i = 1; i <= 20; i++) {
      await room.publish(String(i))
      await turn()
    }
    reader.wire.resume()
    expect(await reader.until('20')).toBe(`1 [trimmed 14] ${numbers(16, 20)}`)
  })

  it('promise 3: is told when the channel is deleted and made anew under it', async () => {
    const room = new Room()
    await room.count(1, 3)
    const readers = await room.readers(3, (i) => ({ from: i === 0 ? '-1' : 'now' }))
    await room.store.delete(room.name)
    await room.count(11, 13)
    expect(await readers[0]!.until('13')).toBe(`1 2 3 [reset ?] 11 12 13`)
    expect(await readers[1]!.until('13')).toBe(`[reset ?] 11 12 13`)
  })

  it('does not begin where the channel was deleted between its opening and its start', async () => {
    const room = new Room()
    await room.count(1, 3)
    const opening = await room.delivery.open(room.name, { kind: 'start' })
    await room.store.delete(room.name)
    await room.publish('4')
    const reader = await room.reader({ from: 'now' })
    const late = opening.start(reader.connection, words)
    await turn()
    expect([late.position > '', reader.got]).toEqual([true, '1 2 3 [reset ?] 4'])
  })

  it('ends at the end of a closed log: with a last message, and without', async () => {
    const room = new Room()
    await room.count(1, 3)
    const live = await room.reader({ from: 'last-1' })
    await room.close()
    expect(await live.until('.')).toBe('3 .')
    expect(await (await room.reader({ from: '-1' })).until('.')).toBe('1 2 3 .')
    const late = await room.reader({ from: 'now' })
    expect([await late.until('.'), late.wire.over, late.subscription.state]).toEqual(['.', true, 'closed'])

    const other = new Room()
    const reader = await other.reader()
    await other.store.append(other.name, [{ data: Buffer.from('last') }], { create: other.config, close: true })
    expect(await reader.until('.')).toBe('last .')
  })

  it('ends for a reader whose wire was full when the log was closed', async () => {
    const room = new Room(small)
    const reader = await room.reader()
    reader.wire.pause()
    await room.count(1, 30)
    await turn()
    await room.close()
    await turn()
    reader.wire.resume()
    expect(await reader.until('.')).toBe(`${numbers(1, 30)} .`)
  })

  it('lets go of everything when all have left', async () => {
    const room = new Room()
    const readers = await room.readers(5)
    await room.count(1, 3)
    for (const { connection } of readers) connection.close()
    await turn()
    expect(room.delivery.count().subscriptions).toBe(0)
  })
})

describe('a store whose wake-ups fail', () => {
  it('a lost wake-up is made up for by the next', async () => {
    const room = new Room()
    await room.publish('0')
    const readers = await room.readers(3)
    await room.count(1, 2)
    await turn()
    room.store.onWake = () => []
    await room.count(3, 4)
    room.store.onWake = (wake) => [wake]
    await room.publish('5')
    for (const reader of readers) expect(await reader.until('5')).toBe(numbers(1, 5))
  })

  it('a discontinuity makes up for all that were lost', async () => {
    const room = new Room()
    await room.publish('0')
    const reader = await room.reader()
    room.store.onWake = () => []
    await room.count(1, 9)
    await room.close()
    room.store.wake({ kind: 'discontinuity' })
    expect(await reader.until('.')).toBe(`${numbers(1, 9)} .`)
  })

  it('a store that cannot say where a log stands is asked again', async () => {
    const room = new Room()
    await room.publish('0')
    const reader = await room.reader()
    const failure = new Error('away')
    room.store.failPositions(failure)
    room.store.wake({ kind: 'discontinuity' })
    await room.count(1, 3)
    expect(await reader.until('3')).toBe('1 2 3')
    expect(room.errors).toEqual([failure])
  })

  it('wake-ups that pile up while the store is slow to say where a log stands are made up for', async () => {
    const room = new Room()
    await room.publish('0')
    const reader = await room.reader()
    const held = room.store.holdPositions()
    room.store.wake({ kind: 'discontinuity' })
    await room.count(1, 2_500)
    held.release()
    expect(await reader.until('2500')).toBe(numbers(1, 2_500))
  })

  it('wake-ups that come twice, late or in the wrong order harm nothing', async () => {
    const room = new Room(small)
    await room.publish('0')
    const reader = await room.reader()
    let number = 0
    room.store.onWake = (wake) => {
      if (number++ % 3 === 0) setImmediate(() => room.store.wake(wake))
      return number % 3 === 1 ? [] : [wake, wake]
    }
    for (let i = 1; i <= 50; i++) {
      await room.publish(String(i))
      if (i % 7 === 0) await turn()
    }
    room.store.wake({ kind: 'discontinuity' })
    expect(await reader.until('50')).toBe(numbers(1, 50))
    expect(room.errors).toEqual([])
  })

  it('an answer to where the log stands counts no more when a newer one has overtaken it', async () => {
    const room = new Room()
    await room.publish('1')
    const held = room.store.holdPositions()
    const opened = room.reader()
    await turn()
    room.store.freePositions()
    room.store.onWake = () => []
    await room.close()
    room.store.wake({ kind: 'discontinuity' })
    await turn()
    held.release()
    expect(await (await opened).until('.')).toBe('.')
  })

  it('promise 2: a reader whose read fails stays, and goes on from its position when the store answers', async () => {
    const room = new Room(small)
    const [first] = await room.count(1, 30)
    const reader = await room.reader({ from: first!, wire: new MemoryWire() })
    reader.wire.pause()
    await room.count(31, 400)
    await turn()
    room.store.failReads(new Error('down'))
    reader.wire.resume()
    expect(await reader.until('400')).toBe(numbers(2, 400))
  })

  it('a read that fails for another reason ends the connection with it', async () => {
    const room = new Room(small)
    const [first] = await room.count(1, 30)
    const reader = await room.reader({ from: first!, wire: new MemoryWire() })
    reader.wire.pause()
    await room.count(31, 400)
    await turn()
    room.store.failReads(new AnywireError('too-many', 'Full.'))
    reader.wire.resume()
    await reader.wire.until(({ over }) => over)
    expect(reader.wire.reason?.code).toBe('too-many')
  })
})

describe('what this node follows', () => {
  it('does not stay followed in the store if the store cannot say where the log stands', async () => {
    const room = new Room()
    const unfollowed: string[] = []
    room.store.unfollow = (channel) => void unfollowed.push(channel)
    room.store.failPositions(new Error('away'))
    await expect(room.reader()).rejects.toThrow()
    expect([unfollowed, room.delivery.count()]).toEqual([['room'], { channels: 0, subscriptions: 0, windowBytes: 0 }])
    const reader = await room.reader()
    await room.count(1, 2)
    expect(await reader.until('2')).toBe('1 2')
  })

  it('is at most channelsFollowed: one more is refused, unless one is idle', async () => {
    const room = new Room({ channelsFollowed: 2 })
    const [one] = [await room.reader({ channel: 'a' }), await room.reader({ channel: 'b' })]
    await expect(room.reader({ channel: 'c' })).rejects.toMatchObject({ code: 'too-many' })
    const other = await room.reader({ channel: 'a' })
    expect(room.delivery.count().channels).toBe(2)
    for (const { subscription } of [one, other]) subscription.close()
    await room.reader({ channel: 'c' })
    expect(room.delivery.count().channels).toBe(2)
  })

  it('is at most channelsFollowed besides the channels of the hub itself', async () => {
    const room = new Room({ channelsFollowed: 1 })
    await room.reader({ channel: '$hub' })
    await room.reader({ channel: 'a' })
    await room.reader({ channel: '$revoked' })
    await expect(room.reader({ channel: 'b' })).rejects.toMatchObject({ code: 'too-many' })
  })

  it('has at most so many subscriptions in all: one more is refused until one has ended', async () => {
    const room = new Room({ subscriptions: 2 })
    const [one] = [await room.reader(), await room.reader()]
    await expect(room.reader()).rejects.toMatchObject({ code: 'too-many' })
    one.connection.close()
    await room.reader()
    await expect(room.reader({ channel: 'b' })).rejects.toMatchObject({ code: 'too-many' })
  })
})
