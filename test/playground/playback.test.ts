/** What the game's page makes of its snapshots: a smooth past, close to now. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Snapshot } from '../../playground/server/arena.js'
import { Playback } from '../../playground/src/game/playback.js'

const tickMs = 1000 / 30

/** One tank that drives five units a tick to the right. */
const snapshotOf = (tick: number, x = tick * 5): Snapshot => ({
  tick,
  tanks: [[1, x, 100, 3.1, 0, 3, 0, 0]],
  shells: [[2, tick * 15, 50, 0]],
})

describe('the playback', () => {
  let playback: Playback
  beforeEach(() => {
    playback = new Playback()
  })

  /** Plays from tick to tick, a snapshot and two frames each; answers where the tank was in each frame. */
  function play(from: number, to: number): number[] {
    const seen: number[] = []
    for (let tick = from; tick <= to; tick++) {
      playback.take(snapshotOf(tick))
      for (let frame = 0; frame < 2; frame++) seen.push(playback.advance(tickMs / 2)!.tanks[0]![1])
    }
    return seen
  }

  it('moves on with every frame, a little behind the newest', () => {
    const seen = play(1, 90)
    const steps = seen.slice(20).map((x, i) => x - seen[i + 19]!)
    for (const step of steps) expect(step).toBeCloseTo(2.5, 0)
    expect(90 - seen.at(-1)! / 5).toBeGreaterThan(1)
    expect(90 - seen.at(-1)! / 5).toBeLessThan(5)
  })

  it('goes on where some are missing, as if they were there', () => {
    const seen: number[] = []
    for (let tick = 1; tick <= 60; tick++) {
      if (tick % 3 !== 1) playback.take(snapshotOf(tick))
      const world = playback.advance(tickMs)
      if (world) seen.push(world.tanks[0]![1])
    }
    for (const [i, x] of seen.slice(20).entries()) expect(x - seen[i + 19]!).toBeCloseTo(5, -1)
  })

  it('waits at the newest when nothing comes, and jumps to what is now when something does', () => {
    play(1, 30)
    for (let frame = 0; frame < 60; frame++) playback.advance(tickMs)
    expect(playback.advance(tickMs)!.tanks[0]![1]).toBe(150)
    playback.take(snapshotOf(400))
    expect(playback.advance(tickMs)!.tanks[0]![1]).toBeGreaterThan(1900)
  })

  it('does not drive a tank that came back elsewhere across the arena', () => {
    play(1, 30)
    playback.take(snapshotOf(31, 900))
    const seen = Array.from({ length: 10 }, () => playback.advance(tickMs / 2)!.tanks[0]![1])
    for (const x of seen) expect(x < 160 || x === 900).toBe(true)
  })

  it('begins anew with a server that counts anew', () => {
    play(1, 30)
    playback.take(snapshotOf(1))
    expect(playback.advance(tickMs)?.tick).toBe(1)
  })
})
