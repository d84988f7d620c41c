/** Channels of which the store could not say where they stand: it is asked again until it can. */
import type { Channel } from '../reading/channel.js'
import { timed, type Wheel } from '../wheel.js'

/** The store is asked again after so long. */
const againMs = 1_000

export class UnknownPlaces {
  readonly #wheel: Wheel
  readonly #ask: (channel: Channel) => boolean
  readonly #channels = new Set<Channel>()
  readonly #again = timed(() => this.#askAgain())

  /** `ask` answers whether the channel is still followed. */
  constructor(wheel: Wheel, ask: (channel: Channel) => boolean) {
    this.#wheel = wheel
    this.#ask = ask
  }

  get size(): number {
    return this.#channels.size
  }

  add(channel: Channel): void {
    this.#channels.add(channel)
    if (this.#again.tick === 0) this.#wheel.schedule(this.#again, againMs)
  }

  /** The store has said where it stands. */
  delete(channel: Channel): void {
    this.#channels.delete(channel)
  }

  /** Nothing is asked any more. */
  end(): void {
    this.#wheel.cancel(this.#again)
  }

  #askAgain(): void {
    for (const channel of this.#channels) if (!this.#ask(channel)) this.#channels.delete(channel)
  }
}
