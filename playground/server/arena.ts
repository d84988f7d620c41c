/** The game itself: tanks that drive and shoot, a thirtieth of a second at a time. The same seed and the same steering make the same game. */
import { clamp, free, ground, isOpen, type Point, sees, tankRadius, turnBetween } from './ground.js'
import { randomOf } from './random.js'

export const ticksPerSecond = 30
/** Ticks from being destroyed to being back. */
export const absence = 75
export const fullHealth = 3

const rules = { speed: 4.6, turn: 0.16, aim: 0.13, sight: 420, shellSpeed: 15, shellLife: 36, reload: 14 }
/** Ticks after which a player who says nothing stands still, and after which they are gone. */
const patience = { stands: 75, leaves: 300 }

/** What a player wants. */
export interface Wish {
  /** Where to drive, in radians, 0 to the right; null: nowhere. */
  readonly heading: number | null
  readonly fire: boolean
  /** Counts up: the snapshot tells which one it has heeded. */
  readonly number: number
}

export interface Player {
  readonly tank: number
  readonly name: string
  readonly bot: boolean
  /** Tanks that it has destroyed, and how often it was. */
  readonly score: number
  readonly lost: number
}

/** `absent`: ticks until a destroyed tank is back; `wish`: the number of the newest that was heeded. */
export type TankState = readonly [
  tank: number,
  x: number,
  y: number,
  hull: number,
  turret: number,
  health: number,
  absent: number,
  wish: number,
]
export type ShellState = readonly [shell: number, x: number, y: number, angle: number]

/** The whole world at one tick: whoever has the newest lacks nothing. */
export interface Snapshot {
  readonly tick: number
  readonly tanks: readonly TankState[]
  readonly shells: readonly ShellState[]
}

export interface Tank {
  readonly number: number
  readonly bot: boolean
  name: string
  at: Point
  hull: number
  turret: number
  health: number
  absent: number
  wish: Wish
  /** The tick of the newest wish. */
  heard: number
  /** Ticks until it can fire again. */
  loading: number
  score: number
  lost: number
  /** The nearest tank in sight, which its turret follows. */
  target: Tank | undefined
}

interface Shell {
  readonly number: number
  readonly from: Tank
  readonly angle: number
  at: Point
  life: number
}

export class Arena {
  readonly tanks = new Map<string, Tank>()
  /** Numbers of the tanks whose `Player` is another than when it was last asked for. */
  readonly changed = new Set<number>()
  tick = 0
  #shells: Shell[] = []
  #numbers = 0
  readonly #random: () => number

  constructor(seed: number) {
    this.#random = randomOf(seed)
  }

  /** Heeds what a player wants, who comes in with the first wish. Answers the number of the tank. */
  steer(id: string, name: string, wish: Wish, bot = false): number {
    const tank = this.tanks.get(id) ?? this.#enter(id, name, bot)
    if (tank.name !== name) this.changed.add(tank.number)
    Object.assign(tank, { name, wish, heard: this.tick })
    return tank.number
  }

  leave(id: string): void {
    const tank = this.tanks.get(id)
    if (tank && this.tanks.delete(id)) this.changed.add(tank.number)
  }

  /** The players that have changed, and undefined for those that have left, by the number of their tank. */
  changes(): Map<number, Player | undefined> {
    const tanks = new Map([...this.tanks.values()].map((tank) => [tank.number, tank]))
    const changes = new Map([...this.changed].map((number) => [number, playerOf(tanks.get(number))]))
    this.changed.clear()
    return changes
  }

  step(): void {
    this.tick++
    const all = [...this.tanks.values()]
    const present = all.filter(({ absent }) => absent === 0)
    for (const tank of present) this.#move(tank, present)
    for (const [i, tank] of present.entries()) for (const other of present.slice(i + 1)) part(tank, other)
    this.#shells = this.#shells.filter((shell) => this.#fly(shell, present))
    for (const tank of all) if (tank.absent > 0 && --tank.absent === 0) this.#place(tank)
    for (const [id, { bot, heard }] of this.tanks) if (!bot && this.tick - heard > patience.leaves) this.leave(id)
  }

  snapshot(): Snapshot {
    const { tick } = this
    const tanks = [...this.tanks.values()].map(
      ({ number, at, hull, turret, health, absent, wish }): TankState => [
        number,
        tenth(at.x),
        tenth(at.y),
        hundredth(hull),
        hundredth(turret),
        health,
        absent,
        wish.number,
      ],
    )
    const shells = this.#shells.map(
      ({ number, at, angle }): ShellState => [number, tenth(at.x), tenth(at.y), hundredth(angle)],
    )
    return { tick, tanks, shells }
  }

  #enter(id: string, name: string, bot: boolean): Tank {
    const wish = { heading: null, fire: false, number: 0 }
    const counts = { health: fullHealth, absent: 0, heard: this.tick, loading: 0, score: 0, lost: 0 }
    const place = { at: { x: 0, y: 0 }, hull: 0, turret: 0, target: undefined }
    const tank = { number: ++this.#numbers, bot, name, wish, ...counts, ...place }
    this.tanks.set(id, tank)
    this.changed.add(tank.number)
    this.#place(tank)
    return tank
  }

  /** Of a few places drawn by lot, the one that is farthest from everybody else. */
  #place(tank: Tank): void {
    const others = [...this.tanks.values()].filter((other) => other !== tank)
    const room = (at: Point) => Math.min(...others.map((other) => distance(at, other.at)))
    const places = Array.from({ length: 8 }, () => this.randomPlace())
    tank.at = places.reduce((best, place) => (room(place) > room(best) ? place : best))
    tank.hull = tank.turret = angleTo(tank.at, { x: ground.width / 2, y: ground.height / 2 })
    tank.health = fullHealth
  }

  randomPlace(): Point {
    return free({ x: this.#random() * ground.width, y: this.#random() * ground.height })
  }

  #move(tank: Tank, present: readonly Tank[]): void {
    const { wish, heard, bot, at } = tank
    const awake = bot || this.tick - heard <= patience.stands
    if (awake && wish.heading !== null) {
      const turn = turnBetween(tank.hull, wish.heading)
      tank.hull = turned(tank.hull, turn, rules.turn)
      const speed = rules.speed * Math.max(0, Math.cos(turn))
      tank.at = free({ x: at.x + Math.cos(tank.hull) * speed, y: at.y + Math.sin(tank.hull) * speed })
    }
    tank.target = nearest(tank, present)
    const aim = tank.target ? angleTo(tank.at, tank.target.at) : tank.hull
    tank.turret = turned(tank.turret, turnBetween(tank.turret, aim), rules.aim)
    tank.loading = Math.max(0, tank.loading - 1)
    if (awake && wish.fire && tank.loading === 0) this.#fire(tank)
  }

  #fire(tank: Tank): void {
    const { turret: angle, at } = tank
    tank.loading = rules.reload
    const muzzle = { x: at.x + Math.cos(angle) * tankRadius, y: at.y + Math.sin(angle) * tankRadius }
    this.#shells.push({ number: ++this.#numbers, from: tank, angle, at: muzzle, life: rules.shellLife })
  }

  /** Whether it flies on. */
  #fly(shell: Shell, present: readonly Tank[]): boolean {
    const { at, angle, from } = shell
    shell.at = { x: at.x + Math.cos(angle) * rules.shellSpeed, y: at.y + Math.sin(angle) * rules.shellSpeed }
    const hit = present.find(
      (tank) => tank !== from && tank.absent === 0 && distance(tank.at, shell.at) < tankRadius + 3,
    )
    if (hit) this.#strike(hit, from)
    return !hit && --shell.life > 0 && isOpen(shell.at)
  }

  /** Who destroys another is whole again. */
  #strike(hit: Tank, from: Tank): void {
    if (--hit.health > 0) return
    hit.absent = absence
    hit.lost++
    from.score++
    from.health = fullHealth
    this.changed.add(hit.number).add(from.number)
  }
}

const tenth = (value: number) => Math.round(value * 10) / 10
const hundredth = (value: number) => Math.round(value * 100) / 100
export const distance = (one: Point, other: Point) => Math.hypot(one.x - other.x, one.y - other.y)
export const angleTo = (from: Point, to: Point) => Math.atan2(to.y - from.y, to.x - from.x)

/** An angle from -π to π, turned by no more than `most`. */
const turned = (angle: number, turn: number, most: number) => turnBetween(0, angle + clamp(turn, -most, most))

function playerOf(tank: Tank | undefined): Player | undefined {
  return tank && { tank: tank.number, name: tank.name, bot: tank.bot, score: tank.score, lost: tank.lost }
}

function nearest(tank: Tank, present: readonly Tank[]): Tank | undefined {
  let best: Tank | undefined
  let least = rules.sight
  for (const other of present) {
    const far = distance(tank.at, other.at)
    if (other === tank || far >= least || !sees(tank.at, other.at)) continue
    best = other
    least = far
  }
  return best
}

/** Two tanks do not stand in one place. */
function part(one: Tank, other: Tank): void {
  const overlap = 2 * tankRadius - distance(one.at, other.at)
  if (overlap <= 0) return
  const angle = angleTo(one.at, other.at)
  const [x, y] = [(Math.cos(angle) * overlap) / 2, (Math.sin(angle) * overlap) / 2]
  one.at = free({ x: one.at.x - x, y: one.at.y - y })
  other.at = free({ x: other.at.x + x, y: other.at.y + y })
}
