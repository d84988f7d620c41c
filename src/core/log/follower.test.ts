/** Tests of the follower: how the store is asked where logs stand, lost wake-ups, a store that is away. */
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { Room, turn, words } from '../../../test/support/core/room.js'
import { AnywireError } from '../../protocol/error.js'
import type { Known, Wake } from '../store.js'

/** The calls of `position` from here on, each as the names that were asked for. */
function positionsOf(room: Room): string[][] {
  const calls: string[][] = []
  const { position } = room.store
  room.store.position = (channels) => {
    calls.push([...channels])
    return position.call(room.store, channels)
  }
  return calls
}

const quiet = { heartbeatMs: 600_000, stallMs: 600_000 }
const names = (count: number) => Array.from({ length: count }, (_, i) => `c${i}`)

describe('the follower', () => {
  it('asks once for all channels that are opened in one turn', async () => {
    const room = new Room()
    const calls = positionsOf(room)
    await Promise.all(names(100).map((channel) => room.reader({ channel })))
    expect(calls).toEqual([names(100)])
  })

  it('lets those begin whose part of the store is there, and tells the others', async () => {
    const room = new Room()
    const { position } = room.store
    const isAway = (channel: string) => channel.endsWith('1')
    room.store.position = async (channels) => {
      const known: readonly Known[] = await position.call(room.store, channels)
      return known.map((info, i) => (isAway(channels[i]!) ? 'away' : info))
    }
    const opened = await Promise.allSettled(names(4).map((channel) => room.reader({ channel })))
    expect(opened.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    const [, refused] = opened
    expect(refused).toMatchObject({ reason: { code: 'store-down' } })
    expect((refused as PromiseRejectedResult).reason).toBeInstanceOf(AnywireError)
  })

  it('asks anew for the channels alone that a discontinuity covers', async () => {
    const room = new Room()
    for (const channel of ['a', 'b']) await room.reader({ channel })
    const calls = positionsOf(room)
    room.store.wake({ kind: 'discontinuity', covers: (channel) => channel === 'b' })
    await turn()
    expect(calls).toEqual([['b']])
  })

  it('goes by the newest answer, though an older one is put to use later', async () => {
    const room = new Room()
    const [first, other] = [await room.reader(), await room.reader({ channel: 'other' })]
    const old = room.store.holdPositions()
    room.store.wake({ kind: 'discontinuity' })
    await turn()
    room.store.onWake = () => []
    await room.publish('1')
    room.store.freePositions()
    room.store.wake({ kind: 'discontinuity' })
    let placed = 0
    const { place } = first.subscription.log
    first.subscription.log.place = (info) => {
      placed++
      return place.call(first.subscription.log, info)
    }
    old.release()
    expect(await first.until('1')).toBe('1')
    expect([placed, other.got]).toEqual([1, ''])
  })

  it('asks nothing for a wake-up that came twice', async () => {
    const room = new Room()
    await room.publish('0')
    const reader = await room.reader()
    const calls = positionsOf(room)
    const first: Wake[] = []
    room.store.onWake = (wake) => {
      first.push(wake)
      return [wake, first[0]!]
    }
    await room.publish('1')
    await room.publish('2')
    expect([await reader.until('2'), calls]).toEqual(['1 2', []])
  })

  it('takes no wake-up of an older log for the close of a newer one', async () => {
    const room = new Room()
    const reader = await room.reader()
    const next = await room.publish('1')
    await room.store.delete(room.name)
    await room.publish('2')
    await reader.until('2')
    room.store.wake({ kind: 'appended', channel: room.name, messages: [], next, closed: true })
    await turn()
    await room.publish('3')
    expect(await reader.until('3')).toMatch(/2 3$/)
  })

  it('asks for what a wake-up tells of and does not bring', async () => {
    const room = new Room()
    await room.publish('0')
    const reader = await room.reader()
    // At once, and not when all channels are looked at.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    room.store.onWake = (wake) => [wake.kind === 'appended' ? { ...wake, messages: [] } : wake]
    await room.publish('1')
    expect(await reader.until('1')).toBe('1')
  })
})

describe('the follower, as time goes by', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => void vi.useRealTimers())

  it('promise 2: notices within a minute that the last wake-up was lost', async () => {
    const room = new Room()
    const [live, paced, closing] = [await room.reader(), await room.reader({ rate: 1 }), await room.reader()]
    room.store.onWake = () => []
    await room.publish('1')
    await room.close()
    await vi.advanceTimersByTimeAsync(60_000)
    for (const reader of [live, paced, closing]) expect(reader.got).toBe('1 .')
  })

  it('looks at all channels within a minute, many in one call, and moves nobody who stands right', async () => {
    const room = new Room(quiet)
    const all = names(2_500)
    const readers = await Promise.all(all.map((channel) => room.reader({ channel })))
    const calls = positionsOf(room)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(new Set(calls.flat())).toEqual(new Set(all))
    expect(calls.length).toBeLessThanOrEqual(12)
    expect(readers.every(({ subscription }) => subscription.state === 'live' && subscription.log.ready)).toBe(true)
  })

  it('looks at nothing once nobody reads any more', async () => {
    const room = new Room()
    const reader = await room.reader()
    reader.connection.close()
    await vi.advanceTimersByTimeAsync(10_000)
    const calls = positionsOf(room)
    await vi.advanceTimersByTimeAsync(120_000)
    expect([calls, room.delivery.wheel.size]).toEqual([[], 0])
  })

  it('places nobody anew whose wake-ups were faster than the answer', async () => {
    const room = new Room(quiet)
    const reader = await room.reader()
    await room.publish('1')
    const gate = room.store.holdPositions()
    await vi.advanceTimersByTimeAsync(45_000)
    await room.publish('2', '3')
    room.store.freePositions()
    const calls = positionsOf(room)
    gate.release()
    await turn()
    // The look that came due meanwhile, and no question for the place.
    expect([reader.got, calls.length]).toEqual(['1 2 3', 1])
  })

  it('tells readers once that the store is away, and once that it is back, in bytes made once', async () => {
    const room = new Room(quiet)
    let made = 0
    const framing = {
      ...words,
      name: 'telling',
      store(_channel: string, away: boolean) {
        made++
        return Buffer.from(away ? 'away ' : 'back ')
      },
    }
    const readers = await room.readers(50, () => ({ framing }))
    const mute = await room.reader()
    const full = await room.reader({ framing })
    full.wire.pause()
    full.connection.write(Buffer.from('full '))
    const { position } = room.store
    room.store.position = () => Promise.reject(new Error('away'))
    room.store.wake({ kind: 'discontinuity' })
    await vi.advanceTimersByTimeAsync(5_000)
    await turn()
    room.store.position = position
    full.wire.resume()
    await vi.advanceTimersByTimeAsync(2_000)
    await turn()
    await room.publish('1')
    await turn()
    expect(new Set(readers.map(({ got }) => got))).toEqual(new Set(['away back 1']))
    expect([mute.got, full.got, made]).toEqual(['1', 'full back 1', 2])
  })

  it('asks again each second while the store cannot say, and goes on when it can', async () => {
    const room = new Room(quiet)
    const reader = await room.reader()
    const { position } = room.store
    let asked = 0
    room.store.position = async () => {
      asked++
      throw new Error('away')
    }
    room.store.onWake = () => []
    await room.publish('1')
    room.store.wake({ kind: 'discontinuity' })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(asked).toBeGreaterThanOrEqual(9)
    expect(asked).toBeLessThanOrEqual(15)
    room.store.position = position
    await vi.advanceTimersByTimeAsync(1_100)
    await turn()
    expect(reader.got).toBe('1')
  })
})
