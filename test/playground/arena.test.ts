/** The game's rules, without a network: what tanks, shells, walls and bots do. */
import { describe, expect, it } from 'vitest'
import { Arena, absence, distance, fullHealth, type TankState, ticksPerSecond } from '../../playground/server/arena.js'
import { Bots } from '../../playground/server/bots.js'
import { free, ground, sees, tankRadius, turnBetween, walls } from '../../playground/server/ground.js'

const rest = { heading: null, fire: false, number: 0 }

function steps(arena: Arena, count: number): void {
  for (let i = 0; i < count; i++) arena.step()
}

/** An arena in which Ann and Bob face each other in the open, Bob at the right. */
function duel(apart = 200): Arena {
  const arena = new Arena(1)
  for (const [i, id] of ['ann', 'bob'].entries()) {
    arena.steer(id, id, rest)
    Object.assign(arena.tanks.get(id)!, { at: { x: 300 + i * apart, y: 430 }, hull: 0, turret: 0 })
  }
  return arena
}

const stateOf = (arena: Arena, id: string): TankState =>
  arena.snapshot().tanks.find(([number]) => number === arena.tanks.get(id)?.number)!

describe('the arena', () => {
  it('drives a tank where its player wants, turning first, and no farther than the walls', () => {
    const arena = duel(400)
    arena.steer('ann', 'ann', { heading: Math.PI / 2, fire: false, number: 7 })
    steps(arena, ticksPerSecond)
    const [, x, y, hull, , , , wish] = stateOf(arena, 'ann')
    expect(y).toBeGreaterThan(500)
    expect(Math.abs(x - 300)).toBeLessThan(30)
    expect(hull).toBeCloseTo(Math.PI / 2, 1)
    expect(wish).toBe(7)
    steps(arena, 2 * ticksPerSecond)
    expect(stateOf(arena, 'ann')[2]).toBe(ground.height - tankRadius)
  })

  it('turns the turret to the nearest tank in sight, whose last life a shell takes', () => {
    const arena = duel()
    arena.tanks.get('ann')!.turret = 1
    arena.steer('ann', 'ann', { heading: null, fire: true, number: 1 })
    steps(arena, 8)
    expect(stateOf(arena, 'ann')[4]).toBeCloseTo(0, 1)
    const lives: number[] = []
    for (let i = 0; i < 3 * ticksPerSecond && arena.tanks.get('bob')!.lost === 0; i++) {
      arena.step()
      lives.push(stateOf(arena, 'bob')[5])
    }
    expect([...new Set(lives)]).toEqual([3, 2, 1, 0])
    expect(arena.tanks.get('ann')).toMatchObject({ score: 1, lost: 0, health: fullHealth })
    expect([...arena.changes().values()]).toContainEqual({ tank: 1, name: 'ann', bot: false, score: 1, lost: 0 })
  })

  it('brings a destroyed tank back, whole and elsewhere', () => {
    const arena = duel()
    arena.steer('ann', 'ann', { heading: null, fire: true, number: 1 })
    while (arena.tanks.get('bob')!.absent === 0) arena.step()
    arena.steer('ann', 'ann', rest)
    const [, x, y] = stateOf(arena, 'bob')
    steps(arena, absence)
    const back = stateOf(arena, 'bob')
    expect(back.slice(5, 7)).toEqual([fullHealth, 0])
    expect([back[1], back[2]]).not.toEqual([x, y])
  })

  it('stops the tank of who is silent, and lets it go after ten seconds', () => {
    const arena = duel()
    arena.changes()
    arena.steer('bob', 'bob', { heading: 0, fire: true, number: 1 })
    steps(arena, 3 * ticksPerSecond)
    const stands = stateOf(arena, 'bob').slice(1, 3)
    steps(arena, ticksPerSecond)
    expect(stateOf(arena, 'bob').slice(1, 3)).toEqual(stands)
    steps(arena, 7 * ticksPerSecond)
    expect(arena.tanks.size).toBe(0)
    expect([...arena.changes()]).toEqual([
      [1, undefined],
      [2, undefined],
    ])
  })

  it('keeps everybody on free ground, and its snapshot small, through minutes of bots (seeds 1 to 3)', () => {
    for (const seed of [1, 2, 3]) {
      const arena = new Arena(seed)
      const bots = new Bots(arena, seed)
      bots.fill(10)
      let farthest = 0
      for (let i = 0; i < 60 * ticksPerSecond; i++) {
        bots.steer()
        arena.step()
        for (const { at } of arena.tanks.values()) farthest = Math.max(farthest, distance(at, free(at)))
      }
      expect(farthest, `seed ${seed}`).toBeLessThan(1)
      const scores = [...arena.tanks.values()].map(({ score }) => score)
      expect(scores.reduce((sum, score) => sum + score)).toBeGreaterThan(10)
      expect(JSON.stringify(arena.snapshot()).length).toBeLessThan(2000)
    }
  })

  it('plays the same game again from the same seed', () => {
    const play = () => {
      const arena = new Arena(7)
      const bots = new Bots(arena, 7)
      bots.fill(6)
      for (let i = 0; i < 600; i++) {
        bots.steer()
        arena.step()
      }
      return arena.snapshot()
    }
    expect(play()).toEqual(play())
  })

  it('gives the places of bots to people as they come', () => {
    const arena = new Arena(1)
    const bots = new Bots(arena, 1)
    bots.fill(4)
    expect(arena.tanks.size).toBe(4)
    for (const id of ['ann', 'bob', 'cyd']) arena.steer(id, id, rest)
    bots.fill(4)
    expect([...arena.tanks.values()].filter(({ bot }) => bot)).toHaveLength(1)
  })
})

describe('the ground', () => {
  it('puts a tank out of a wall at the nearest side', () => {
    const wall = walls[0]!
    const place = free({ x: wall.x - 5, y: wall.y + 60 })
    expect(place).toEqual({ x: wall.x - tankRadius, y: wall.y + 60 })
  })

  it('hides behind walls what is behind them, and nothing else', () => {
    const { x, y, width, height } = walls[0]!
    const middle = y + height / 2
    expect(sees({ x: x - 50, y: middle }, { x: x + width + 50, y: middle })).toBe(false)
    expect(sees({ x: x - 50, y: middle }, { x: x - 5, y: middle })).toBe(true)
    expect(sees({ x: x - 50, y: middle }, { x: x - 50, y: middle + 40 })).toBe(true)
  })

  it('turns the shorter way', () => {
    expect(turnBetween(3, -3)).toBeCloseTo(2 * Math.PI - 6)
    expect(turnBetween(-3, 3)).toBeCloseTo(6 - 2 * Math.PI)
    expect(turnBetween(0.5, 1)).toBeCloseTo(0.5)
  })
})
