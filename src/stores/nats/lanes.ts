/** The lanes of the channels used lately. */
import type { ChannelName } from '../../protocol/name.js'
import { Lane, type LaneOptions } from './lane.js'

/** Lanes at most that have nothing to do: each knows where its channel stands, and so spares a question. */
const maxIdle = 10_000
/** Producers at most that idle lanes know, of all channels together. */
const maxProducers = 100_000
/** How often lanes are asked for between two counts of their producers. */
const countEvery = 1_000

export class Lanes {
  /** In the order of their last use. */
  readonly #lanes = new Map<ChannelName, Lane>()
  readonly #options: LaneOptions
  #uses = 0

  constructor(options: LaneOptions) {
    this.#options = options
  }

  of(channel: ChannelName): Lane {
    const lane = this.#lanes.get(channel) ?? new Lane(channel, this.#options)
    this.#lanes.delete(channel)
    this.#lanes.set(channel, lane)
    if (this.#lanes.size > maxIdle) this.#forgetLanes(lane)
    if (++this.#uses % countEvery === 0) this.#forgetProducers()
    return lane
  }

  /** What is known of the channels may not be so any more. */
  doubt(): void {
    for (const lane of this.#lanes.values()) lane.doubt()
  }

  /** Resolves when nothing is being written. */
  async settled(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.settled()))
  }

  /** Those that were not used for longest, and have nothing to do. */
  #forgetLanes(used: Lane): void {
    for (const [name, oldest] of this.#lanes) {
      if (this.#lanes.size <= maxIdle || !oldest.idle) return
      if (oldest !== used) this.#lanes.delete(name)
    }
  }

  /** Of those that were not used for longest. */
  #forgetProducers(): void {
    let producers = 0
    for (const lane of [...this.#lanes.values()].reverse()) {
      producers += lane.producers
      if (producers > maxProducers) lane.doubt()
    }
  }
}
