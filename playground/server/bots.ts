/** Bots: players that the server itself steers, so that nobody is ever alone in the arena. */
import { type Arena, angleTo, distance, type Tank, ticksPerSecond } from './arena.js'
import { type Point, turnBetween } from './ground.js'
import { randomOf } from './random.js'

const names = ['Anvil', 'Bolt', 'Cog', 'Dynamo', 'Flint', 'Gasket', 'Hinge', 'Jack', 'Lathe', 'Mortar']
/** They think again after so many ticks: they are no match for who looks. */
const thought = ticksPerSecond / 5

interface Plan {
  goal: Point
  /** The tick at which it will have had enough of it. */
  until: number
  /** Around its prey it drives to the left (-1) or to the right (1). */
  side: number
}

export class Bots {
  readonly #arena: Arena
  readonly #random: () => number
  readonly #plans = new Map<string, Plan>()

  constructor(arena: Arena, seed: number) {
    this.#arena = arena
    this.#random = randomOf(seed)
  }

  /** As many as are missing from `least` players come in; they leave as others come. */
  fill(least: number): void {
    const { tanks } = this.#arena
    const people = [...tanks.values()].filter(({ bot }) => !bot).length
    for (const [number, name] of names.entries()) {
      const id = `bot ${name}`
      const wanted = number < least - people
      if (wanted && !tanks.has(id)) this.#arena.steer(id, name, { heading: null, fire: false, number: 0 }, true)
      if (!wanted) this.#arena.leave(id)
    }
  }

  /** Before each step. */
  steer(): void {
    const { tick } = this.#arena
    for (const [id, tank] of this.#arena.tanks) {
      if (tank.bot && (tick + tank.number) % thought === 0) tank.wish = this.#wish(id, tank)
    }
  }

  #wish(id: string, tank: Tank): Tank['wish'] {
    const plan = this.#plan(id, tank)
    const { target, at, turret } = tank
    if (!target) return { heading: angleTo(at, plan.goal), fire: false, number: 0 }
    const bearing = angleTo(at, target.at)
    // From afar it comes nearer; near enough, it drives around.
    const aside = distance(at, target.at) > 220 ? 0.5 : 1.7
    const aims = Math.abs(turnBetween(turret, bearing)) < 0.15
    return { heading: bearing + aside * plan.side, fire: aims && this.#random() < 0.45, number: 0 }
  }

  #plan(id: string, tank: Tank): Plan {
    const { tick } = this.#arena
    const plan = this.#plans.get(id)
    if (plan && tick < plan.until && distance(tank.at, plan.goal) > 60) return plan
    const seconds = 2 + this.#random() * 3
    const side = this.#random() < 0.5 ? -1 : 1
    const made = { goal: this.#arena.randomPlace(), until: tick + seconds * ticksPerSecond, side }
    this.#plans.set(id, made)
    return made
  }
}
