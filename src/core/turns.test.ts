/** Tests of turns: whatever thousands of readers need at once, the loop is left to others every few milliseconds. */
import { describe, expect, it } from 'vitest'
import { MemoryWire } from '../../test/support/core/memory-wire.js'
import { type ReaderOptions, Room } from '../../test/support/core/room.js'
import { eventStream } from '../protocol/event-stream.js'
import { type Source, Turns } from './turns.js'

const count = 10_000
/** Of one write, in milliseconds: some 40 fit into the budget of a turn. */
const writeMs = 0.1

/** What a turn of the loop has seen. */
class Turn {
  /** Writes of the turn under way, and the most there were in one. */
  writes = 0
  most = 0
  total = 0
  #over = false

  /** Counts turns until `stop`. */
  begin(): void {
    const next = () => {
      this.writes = 0
      if (!this.#over) setImmediate(next)
    }
    next()
  }

  stop(): void {
    this.#over = true
  }

  written(): void {
    this.most = Math.max(this.most, ++this.writes)
    this.total++
  }
}

/** A wire with room for everything that is slow to write to. */
class SlowWire extends MemoryWire {
  readonly #turn: Turn

  constructor(turn: Turn) {
    super()
    this.#turn = turn
  }

  override write(): boolean {
    this.#turn.written()
    const end = performance.now() + writeMs
    while (performance.now() < end);
    return true
  }
}

/** A room of many readers, and what the turns of the loop have seen while something happens. */
async function crowd(options: ReaderOptions, happen: (room: Room) => Promise<void>): Promise<Turn> {
  const room = new Room({ heartbeatMs: 600_000, stallMs: 600_000 })
  await room.publish('0')
  const turn = new Turn()
  const readers = await room.readers(count, () => ({ ...options, framing: eventStream, wire: new SlowWire(turn) }))
  turn.begin()
  await happen(room)
  await expect.poll(() => turn.total, { timeout: 100_000 }).toBeGreaterThanOrEqual(count)
  turn.stop()
  for (const { connection } of readers) connection.close()
  return turn
}

describe(`of ${count} readers`, () => {
  it.each<[string, ReaderOptions, (room: Room) => Promise<void>]>([
    ['who are live', {}, async (room) => void (await room.publish('1'))],
    ['who asked for a rate', { rate: 10 }, async (room) => void (await room.publish('1'))],
    [
      'whose wake-up was lost',
      {},
      async (room) => {
        room.store.onWake = () => []
        await room.publish('1')
        room.store.wake({ kind: 'changed', channel: room.name })
      },
    ],
    [
      'whose store lost wake-ups of all channels',
      {},
      async (room) => {
        room.store.onWake = () => []
        await room.publish('1')
        room.store.wake({ kind: 'discontinuity' })
      },
    ],
    [
      'who must read from the store, since the window is too short',
      {},
      async (room) => void (await room.publish(...Array.from({ length: 1_001 }, () => 'x'))),
    ],
  ])('those %s hold the loop for some milliseconds at a time', async (_who, options, happen) => {
    const { most } = await crowd(options, happen)
    // 4 ms of budget are 40 writes, and a fan-out looks at the clock after 64. A loop without a budget writes 10,000 in
    // one turn.
    expect(most).toBeLessThanOrEqual(64 + 40)
  })
})

describe(`of ${count} channels with a reader each`, () => {
  it('those whose wake-ups were lost hold the loop for some milliseconds at a time', async () => {
    const room = new Room({ heartbeatMs: 600_000, stallMs: 600_000 })
    const turn = new Turn()
    const names = Array.from({ length: count }, (_, i) => `c${i}`)
    const append = (channel: string) =>
      room.store.append(channel, [{ data: Buffer.from('1') }], { create: room.config })
    const open = (channel: string) => room.reader({ channel, framing: eventStream, wire: new SlowWire(turn) })
    const readers = await Promise.all(names.map(open))
    room.store.onWake = () => []
    await Promise.all(names.map(append))
    turn.begin()
    room.store.wake({ kind: 'discontinuity' })
    await expect.poll(() => turn.total, { timeout: 100_000 }).toBeGreaterThanOrEqual(count)
    turn.stop()
    for (const { connection } of readers) connection.close()
    expect(turn.most).toBeLessThanOrEqual(64 + 40)
  })
})

describe('a discontinuity', () => {
  it('asks for thousands of channels in a few calls, one after another', async () => {
    const room = new Room()
    const calls: number[] = []
    const { position } = room.store
    let underWay = 0
    let most = 0
    const names = Array.from({ length: 2_500 }, (_, i) => `c${i}`)
    for (const channel of names) await room.reader({ channel })
    room.store.position = async (channels) => {
      calls.push(channels.length)
      most = Math.max(most, ++underWay)
      const infos = await position.call(room.store, channels)
      underWay--
      return infos
    }
    room.store.wake({ kind: 'discontinuity' })
    await expect.poll(() => calls).toEqual([1_000, 1_000, 500])
    expect(most).toBe(1)
  })
})

describe('turns', () => {
  const spend = (ms: number) => {
    const end = performance.now() + ms
    while (performance.now() < end);
  }
  /** Works in steps of a millisecond. */
  const worker = (steps: number, done: (name: string) => void, name: string): Source => ({
    work(deadline) {
      while (steps > 0) {
        steps--
        done(name)
        spend(1)
        if (performance.now() > deadline) break
      }
      return steps === 0
    },
  })

  it('are shared by all who have something to do', async () => {
    const turns = new Turns(() => undefined)
    const steps: string[] = []
    for (const name of ['a', 'b']) turns.add(worker(20, (one) => steps.push(one), name))
    await expect.poll(() => steps.length).toBe(40)
    expect(steps.indexOf('b')).toBeLessThan(10)
  })

  it('go on where one throws, and tell what it threw', async () => {
    const told: unknown[] = []
    const turns = new Turns((thrown) => told.push(thrown))
    let fails = 2
    turns.add({
      work() {
        if (fails-- > 0) throw new Error('thrown by a source')
        return true
      },
    })
    let done = 0
    turns.add(worker(3, () => done++, 'other'))
    await expect.poll(() => [done, told.length]).toEqual([3, 2])
  })
})
