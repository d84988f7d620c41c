import { describe, expect, it } from 'vitest'
import type { Connection } from '../core/reading/connection.js'
import { drainMsOf, type Leaver, PacedDrain, paceOf } from './paced-drain.js'

describe('the pace', () => {
  it.each([
    ['all within 20 s', 40_000, undefined, 60_000, 2_000],
    ['at least 100 in a second', 3, undefined, 60_000, 100],
    ['what somebody says', 1_000, 50, 60_000, 50],
    ['more where it would take too long', 10_000, 50, 12_000, 1_250],
  ])('is %s', (_what, clients, perSecond, graceMs, pace) => {
    expect(paceOf(clients, perSecond, graceMs)).toBe(pace)
  })

  it('never takes longer than graceMs', () => {
    for (const clients of [1, 100, 50_000])
      for (const perSecond of [undefined, 1, 1_000])
        expect(drainMsOf(clients, perSecond, 10_000)).toBeLessThanOrEqual(10_000)
  })
})

describe('clients that are sent away', () => {
  it('come back no faster than the pace says, whoever is told late', async () => {
    const began = performance.now()
    const perSecond = 1_000
    const backAt: number[] = []
    const connection = { closed: false, finish: () => undefined } as unknown as Connection
    const leavers = Array.from({ length: 300 }, (): Leaver => {
      const tell = (retryMs: number) => backAt.push(performance.now() - began + retryMs)
      return { connection, tell, switches: false, asksAgain: false, gone: async () => undefined }
    })
    const drain = new PacedDrain()
    expect(drain.progress).toBeUndefined()
    await drain.run(leavers, perSecond)
    expect(drain.progress).toBe(1)
    // A retry is whole milliseconds.
    const early = backAt.filter((ms, at) => ms < (at * 1_000) / perSecond - 1)
    expect([backAt.length, early]).toEqual([300, []])
  })
})

describe('the turn of a client that has left by itself', () => {
  const leaver = (closed: boolean, asksAgain = true): Leaver => {
    const connection = { closed, finish: () => undefined } as unknown as Connection
    return { connection, tell: undefined, switches: false, asksAgain, gone: async () => undefined }
  }

  it('is that of the oldest request that still waits, and then of the next that comes', async () => {
    const ended: string[] = []
    const waiting = (name: string, closed = false) =>
      ({ closed, finish: ({ code }: { code: string }) => ended.push(`${name} ${code}`) }) as unknown as Connection
    const drain = new PacedDrain()
    for (const one of [waiting('answered', true), waiting('first'), waiting('second')]) drain.waits(one)
    await drain.run([leaver(true), leaver(false), leaver(true), leaver(true)], 10_000)
    expect(ended).toEqual(['first draining', 'second draining'])
    expect([drain.takesTurn(), drain.takesTurn()]).toEqual([true, false])
  })

  it('is not waited for where nobody is left, and nobody comes again', async () => {
    const drain = new PacedDrain()
    await drain.run([leaver(false), leaver(true, false), leaver(true, false)], 1 / 3_600)
    expect(drain.progress).toBe(1)
  })
})
