/** The pacer: readers who asked for a rate are served on one grid, so that readers of a rate share bytes. */
import type { Rate } from '../../protocol/anywire-v1.js'
import { type Timed, timed, type Wheel } from '../wheel.js'
import type { Pumps } from './pumps.js'
import type { Subscription } from './subscription.js'

interface Grid {
  readonly readers: Set<Subscription>
  readonly entry: Timed
}

export class Pacer {
  readonly #wheel: Wheel
  readonly #pumps: Pumps
  readonly #grids = new Map<Rate, Grid>()

  constructor(wheel: Wheel, pumps: Pumps) {
    this.#wheel = wheel
    this.#pumps = pumps
  }

  add(subscription: Subscription): void {
    const { rate } = subscription
    if (rate === undefined) return
    const grid = this.grid(rate)
    grid.readers.add(subscription)
    if (grid.entry.tick === 0) this.#wheel.scheduleOnGrid(grid.entry, 1000 / rate)
  }

  remove(subscription: Subscription): void {
    if (subscription.rate !== undefined) this.#grids.get(subscription.rate)?.readers.delete(subscription)
  }

  private grid(rate: Rate): Grid {
    let grid = this.#grids.get(rate)
    if (!grid) {
      grid = { readers: new Set(), entry: timed(() => this.turn(rate)) }
      this.#grids.set(rate, grid)
    }
    return grid
  }

  private turn(rate: Rate): void {
    const { readers, entry } = this.grid(rate)
    // On a busy machine a turn may come before the last one is over. Then it is skipped.
    if (!this.#pumps.has(entry)) this.#pumps.add(entry, readers)
    if (readers.size > 0 && entry.tick === 0) this.#wheel.scheduleOnGrid(entry, 1000 / rate)
  }
}
