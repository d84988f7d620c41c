/** Tests of the timing wheel, on the real clock. */
import { describe, expect, it } from 'vitest'
import { deferred } from '../../test/support/core/deferred.js'
import { tickMs, timed, Wheel } from './wheel.js'

/** Milliseconds that an entry waited which was to wait `delayMs`. */
async function waited(wheel: Wheel, delayMs: number): Promise<number> {
  const fired = deferred()
  const before = performance.now()
  wheel.schedule(timed(fired.resolve), delayMs)
  await fired.promise
  return performance.now() - before
}

describe('wheel', () => {
  it('fires never early, in the order of their times', async () => {
    const wheel = new Wheel()
    const order: number[] = []
    const delays = [130, 0, 45, 90, 1, 20, 19, 21]
    await Promise.all(
      delays.map(async (delay) => {
        expect(await waited(wheel, delay)).toBeGreaterThanOrEqual(delay)
        order.push(delay)
      }),
    )
    expect(order.map((delay) => Math.floor(delay / (tickMs * 2)))).toEqual([0, 0, 0, 0, 0, 1, 2, 3])
  })

  it('fires at the latest one tick after, if the loop is free', () => {
    const wheel = new Wheel()
    for (const delay of [0, 1, 19, 20, 33, 100, 50_000]) {
      const entry = timed(() => undefined)
      const due = performance.now() + delay
      wheel.schedule(entry, delay)
      expect(entry.tick * tickMs).toBeGreaterThanOrEqual(due)
      expect(entry.tick * tickMs).toBeLessThanOrEqual(performance.now() + delay + tickMs)
      wheel.cancel(entry)
    }
  })

  it('lets an entry that was cancelled rest, also by one that fires before it', async () => {
    const wheel = new Wheel()
    const fired: string[] = []
    const second = timed(() => fired.push('second'))
    const first = timed(() => {
      fired.push('first')
      wheel.cancel(second)
    })
    wheel.schedule(first, 0)
    wheel.schedule(second, 0)
    await waited(wheel, 3 * tickMs)
    expect(fired).toEqual(['first'])
    expect(second.tick).toBe(0)
  })

  it('moves an entry that waits already: it fires once', async () => {
    const wheel = new Wheel()
    let fired = 0
    const entry = timed(() => fired++)
    wheel.schedule(entry, 100)
    wheel.schedule(entry, 0)
    await waited(wheel, 160)
    expect(fired).toBe(1)
  })

  it('fires an entry only when its new time has come that one before it has moved, by a whole round', async () => {
    const wheel = new Wheel()
    const fired: string[] = []
    const second = timed(() => fired.push('second'))
    const first = timed(() => {
      fired.push('first')
      // The same slot, of a later round.
      wheel.schedule(second, 1024 * tickMs - 1)
    })
    wheel.schedule(first, 0)
    wheel.schedule(second, 0)
    await waited(wheel, 3 * tickMs)
    expect(fired).toEqual(['first'])
    wheel.cancel(second)
    expect(wheel.size).toBe(0)
  })

  it('passes over entries of later rounds', async () => {
    const wheel = new Wheel()
    const late = timed(() => undefined)
    wheel.schedule(late, 1024 * tickMs)
    await waited(wheel, 2 * tickMs)
    expect(late.tick).toBeGreaterThan(0)
    wheel.cancel(late)
  })

  it('puts all who share a period on one grid', async () => {
    const wheel = new Wheel()
    const entries = [timed(() => undefined), timed(() => undefined)]
    for (const entry of entries) wheel.scheduleOnGrid(entry, 200)
    expect(entries.every(({ tick }) => tick % 10 === 0 && tick > wheel.now())).toBe(true)
    for (const entry of entries) wheel.cancel(entry)
  })

  it('lets an entry schedule itself anew when it fires', async () => {
    const wheel = new Wheel()
    const done = deferred()
    let fired = 0
    const entry = timed(() => {
      if (++fired === 3) done.resolve()
      else wheel.schedule(entry, 0)
    })
    wheel.schedule(entry, 0)
    await done.promise
    expect(fired).toBe(3)
  })

  it('lets the others fire where one throws, and tells what it threw', async () => {
    const told: unknown[] = []
    const wheel = new Wheel((thrown) => told.push(thrown))
    const fired: number[] = []
    const failure = new Error('thrown by an entry')
    wheel.schedule(
      timed(() => fired.push(1)),
      0,
    )
    const failing = timed(() => {
      throw failure
    })
    wheel.schedule(failing, 0)
    wheel.schedule(
      timed(() => fired.push(2)),
      0,
    )
    await waited(wheel, 3 * tickMs)
    expect([fired, told]).toEqual([[1, 2], [failure]])
  })

  it('leaves the loop to others while many entries are due', async () => {
    const wheel = new Wheel()
    let turns = 0
    let left = 100
    const done = deferred()
    const count = () => {
      turns++
      if (left > 0) setImmediate(count)
    }
    const work = () => {
      if (left === 100) count()
      const end = performance.now() + 1
      while (performance.now() < end);
      if (--left === 0) done.resolve()
    }
    for (let i = 0; i < 100; i++) wheel.schedule(timed(work), 0)
    await done.promise
    expect(turns).toBeGreaterThan(15)
  })
})
