/** Plays snapshots back a little behind the newest, so that there is nearly always one before and one after: what lies between is drawn between them. */
import { type ShellState, type Snapshot, type TankState, ticksPerSecond } from '../../server/arena.js'
import { turnBetween } from '../../server/ground.js'

/** Ticks: how far behind, and how far off the playback may be before it jumps. */
const behind = 3
const patience = 12
const kept = 12
/** Units that nobody drives in a tick: who was farther away has not driven there. */
const leap = 60

export class Playback {
  /** Oldest first. */
  #snapshots: Snapshot[] = []
  #tick = 0

  take(snapshot: Snapshot): void {
    const newest = this.#snapshots.at(-1)
    // A server that began anew counts anew.
    if (newest && snapshot.tick <= newest.tick) this.#snapshots = []
    this.#snapshots = [...this.#snapshots, snapshot].slice(-kept)
  }

  /** Moves on by so many milliseconds; answers the world as it was then, or undefined before there is one. */
  advance(ms: number): Snapshot | undefined {
    const newest = this.#snapshots.at(-1)
    if (!newest) return undefined
    const off = newest.tick - behind - this.#tick
    // A little faster or slower, as it is late or early: snapshots come when they come.
    if (Math.abs(off) > patience) this.#tick = newest.tick - behind
    else this.#tick += (ms / 1000) * ticksPerSecond * (1 + Math.min(0.5, Math.max(-0.5, off * 0.1)))
    this.#tick = Math.min(this.#tick, newest.tick)
    const after = this.#snapshots.find(({ tick }) => tick >= this.#tick) ?? newest
    const before = this.#snapshots.findLast(({ tick }) => tick <= this.#tick) ?? after
    return after === before ? after : between(before, after, this.#tick)
  }
}

function between(before: Snapshot, after: Snapshot, tick: number): Snapshot {
  const share = (tick - before.tick) / (after.tick - before.tick)
  const mix = (from: number, to: number) => from + (to - from) * share
  const turn = (from: number, to: number) => from + turnBetween(from, to) * share
  const tanks = new Map(before.tanks.map((tank) => [tank[0], tank]))
  const shells = new Map(before.shells.map((shell) => [shell[0], shell]))
  const ticks = after.tick - before.tick
  return {
    tick,
    tanks: after.tanks.map((tank): TankState => {
      const [number, x, y, hull, turret, health, absent, wish] = tank
      const was = tanks.get(number)
      if (!was || Math.hypot(x - was[1], y - was[2]) > leap * ticks) return tank
      return [number, mix(was[1], x), mix(was[2], y), turn(was[3], hull), turn(was[4], turret), health, absent, wish]
    }),
    shells: after.shells.map((shell): ShellState => {
      const [number, x, y, angle] = shell
      const was = shells.get(number)
      return was ? [number, mix(was[1], x), mix(was[2], y), angle] : shell
    }),
  }
}
