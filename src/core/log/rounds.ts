/** Rounds: looks at all channels that are followed, some at a time, so that a last wake-up that was lost is noticed. */
import type { Channel } from '../reading/channel.js'
import { timed, type Wheel } from '../wheel.js'

export interface RoundsOptions {
  readonly wheel: Wheel
  readonly followed: ReadonlyMap<string, { readonly channel: Channel }>
  /** Looks whether they stand where we think. */
  readonly check: (channels: readonly Channel[]) => void
}

/**
 * In so many steps, each after so long, all channels are looked at: a last wake-up that was lost is noticed within 40 s
 * and a call of the store.
 */
const steps = 8
const stepMs = 5_000

export class Rounds {
  readonly #options: RoundsOptions
  readonly #step = timed(() => this.#lookAtSome())
  /** Stands before those that were not looked at for longest. */
  #next: Iterator<{ readonly channel: Channel }, undefined> | undefined

  constructor(options: RoundsOptions) {
    this.#options = options
  }

  /** There are channels to look at. */
  begin(): void {
    if (this.#step.tick === 0) this.#options.wheel.schedule(this.#step, stepMs)
  }

  /** There are none any more. A Map keeps for an iterator all that it has held since: it is let go of. */
  end(): void {
    this.#options.wheel.cancel(this.#step)
    this.#next = undefined
  }

  #lookAtSome(): void {
    const { followed, check, wheel } = this.#options
    const some: Channel[] = []
    for (let left = Math.ceil(followed.size / steps); left > 0; left--) {
      this.#next ??= followed.values()
      const { value } = this.#next.next()
      if (value) some.push(value.channel)
      else this.#next = undefined
    }
    check(some)
    if (followed.size > 0) wheel.schedule(this.#step, stepMs)
  }
}
