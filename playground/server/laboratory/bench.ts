/** The bench of one visitor: their load, their line, and the figures of both, once a second. */
import type { Hub } from 'anywire'
import { FaultProxy, type Seen } from '../faults/proxy.js'
import { Generator } from './load.js'
import { apply } from './settings.js'
import { type Settings, usual } from './usual.js'

/** By lane: the second segment of the path that was asked for. */
export type ByLane = Readonly<Record<string, number>>

export interface BenchFigures {
  /** Open now, by the lane that used each last. */
  readonly connections: ByLane
  /** Sent so far, with all heads and framing. */
  readonly bytes: ByLane
  readonly published: number
}

/** Of one visitor, however many tabs. */
const mostConnections = 100

const laneOf = ({ url }: Seen) => url.split('/')[2] ?? ''

export class Bench {
  readonly #proxy: FaultProxy
  readonly #hub: Hub
  readonly #visitor: string
  readonly #bytes: Record<string, number>
  readonly #load: Generator
  readonly #clock: NodeJS.Timeout
  #usedAt = performance.now()

  static async set(hub: Hub, visitor: string, port: number): Promise<Bench> {
    const bytes: Record<string, number> = {}
    const passed = (request: Seen, count: number) => {
      const lane = laneOf(request)
      bytes[lane] = (bytes[lane] ?? 0) + count
    }
    return new Bench(hub, visitor, await FaultProxy.start({ port, passed }), bytes)
  }

  private constructor(hub: Hub, visitor: string, proxy: FaultProxy, bytes: Record<string, number>) {
    this.#hub = hub
    this.#visitor = visitor
    this.#proxy = proxy
    this.#bytes = bytes
    this.#load = new Generator(hub, visitor, usual)
    this.#clock = setInterval(() => this.#tell(), 1000)
  }

  /** Where it is asked; undefined while it has too much to hold. */
  get port(): number | undefined {
    return this.#proxy.open() < mostConnections ? this.#proxy.port : undefined
  }

  /** How long nobody has had a connection here. */
  get idleMs(): number {
    if (this.#proxy.open() > 0) this.#usedAt = performance.now()
    return performance.now() - this.#usedAt
  }

  get settings(): Settings {
    return this.#load.settings
  }

  set settings(settings: Settings) {
    apply(this.#proxy, this.settings, settings)
    this.#load.settings = settings
  }

  end(): Promise<void> {
    clearInterval(this.#clock)
    this.#load.end()
    // Who comes again finds everything as usual.
    this.#hub.publish(`laboratory/settings/${this.#visitor}`, usual).catch(console.error)
    return this.#proxy.close()
  }

  #tell(): void {
    const connections: Record<string, number> = {}
    for (const lane of this.#proxy.asked().map(laneOf)) connections[lane] = (connections[lane] ?? 0) + 1
    const figures: BenchFigures = { connections, bytes: this.#bytes, published: this.#load.published }
    this.#hub.publish(`laboratory/figures/${this.#visitor}`, figures).catch(console.error)
  }
}
