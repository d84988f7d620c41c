/** Whether this node can read at present what was revoked: it looks twice a second, so that a lost wake-up is late by little. */
import { type Timed, timed, type Wheel } from '../../core/wheel.js'
import type { KeyedView } from '../keyed-view.js'

/** With the time of one read it is what a revocation takes at most to be known here, without any wake-up. */
const lookMs = 500
/** A look that has not been answered when so many later ones were due: the store is away. */
const patience = 4

export interface SightOptions {
  readonly view: Pick<KeyedView, 'refresh' | 'loaded'>
  readonly wheel: Wheel
  /** Called at each look while it is blind, with how long it has been. */
  readonly blind: (ms: number) => void
}

export class Sight {
  readonly #options: SightOptions
  readonly #look: Timed = timed(() => this.#again())
  #looking = false
  #missed = 0
  /** By `performance.now()`. Undefined: it sees. */
  #blindSince: number | undefined

  constructor(options: SightOptions) {
    this.#options = options
  }

  get isBlind(): boolean {
    return this.#blindSince !== undefined
  }

  /** Looks from now on. */
  start(): void {
    this.#options.wheel.schedule(this.#look, lookMs)
  }

  close(): void {
    this.#options.wheel.cancel(this.#look)
  }

  /** The store could not be read. */
  failed(): void {
    this.#blindSince ??= performance.now()
  }

  /** It was read a moment ago. */
  saw(): void {
    this.#missed = 0
    this.#blindSince = undefined
  }

  #again(): void {
    const { view, wheel, blind } = this.#options
    wheel.schedule(this.#look, lookMs)
    if (!this.#looking) void this.#refresh(view)
    else this.#miss()
    if (this.#blindSince !== undefined) blind(performance.now() - this.#blindSince)
  }

  #miss(): void {
    if (++this.#missed >= patience) this.failed()
  }

  async #refresh(view: SightOptions['view']): Promise<void> {
    this.#looking = true
    try {
      await view.refresh()
      if (view.loaded) this.saw()
      else this.#miss()
    } catch {
      this.failed()
    } finally {
      this.#looking = false
    }
  }
}
