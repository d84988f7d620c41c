/** The benches of those who are in the laboratory: so many at most, and none for whom nobody is there. */
import { AnywireError, type Hub } from 'anywire'
import { Bench } from './bench.js'

const most = 32
/** Long enough to cut the network, and to have a look at something else. */
const idleMs = 300_000
const lookMs = 5_000

export class Benches {
  readonly #hub: Hub
  /** Where a line leads. */
  readonly #port: Promise<number>
  readonly #benches = new Map<string, Promise<Bench>>()
  readonly #timer = setInterval(() => this.#look().catch(console.error), lookMs)

  constructor(hub: Hub, port: Promise<number>) {
    this.#hub = hub
    this.#port = port
  }

  /** The visitor's own. @throws AnywireError `too-many` */
  async of(visitor: string): Promise<Bench> {
    const known = this.#benches.get(visitor)
    if (known) return known
    if (this.#benches.size >= most)
      throw new AnywireError('too-many', `${most} visitors are in the laboratory: come back in a few minutes.`)
    const set = this.#port.then((port) => Bench.set(this.#hub, visitor, port))
    this.#benches.set(visitor, set)
    // Without a port there is no bench: the next request tries again.
    set.catch(() => this.#benches.delete(visitor))
    return set
  }

  end(): void {
    clearInterval(this.#timer)
    for (const bench of this.#benches.values()) bench.then((one) => one.end()).catch(console.error)
  }

  async #look(): Promise<void> {
    for (const [visitor, set] of this.#benches) {
      const bench = await set.catch(() => undefined)
      if (!bench || bench.idleMs < idleMs) continue
      this.#benches.delete(visitor)
      await bench.end()
    }
  }
}
