/** One direction of one connection: passes what it gets in order, later or not yet, as the weather of that direction has it. */

/** `up`: to the server; `down`: to the client. */
export type Direction = 'up' | 'down'

/** What all connections meet in one direction. */
export interface Weather {
  /** Nothing passes, not even the end. */
  stalled: boolean
  /** Each chunk comes so much later … */
  delayMs: number
  /** … and by chance up to so much more. */
  jitterMs: number
  /** Numbers from 0 to below 1. */
  readonly random: () => number
}

/** Bytes, or how the sender went. */
export type Passing = Buffer | 'fin' | 'reset'

export class Valve {
  readonly #weather: Weather
  readonly #pass: (passing: Passing) => void
  readonly #queue: { passing: Passing; due: number }[] = []
  #timer: NodeJS.Timeout | undefined
  #closed = false
  /** Bytes that have come and not passed. */
  held = 0

  constructor(weather: Weather, pass: (passing: Passing) => void) {
    this.#weather = weather
    this.#pass = pass
  }

  put(passing: Passing): void {
    if (this.#closed) return
    const { delayMs, jitterMs, random } = this.#weather
    const due = delayMs + jitterMs > 0 ? performance.now() + delayMs + jitterMs * random() : 0
    this.#queue.push({ passing, due })
    this.held += size(passing)
    this.flow()
  }

  /** Passes what may pass: called again when the weather changes. */
  flow(): void {
    clearTimeout(this.#timer)
    while (!this.#closed && !this.#weather.stalled && this.#queue[0]) {
      const waitMs = this.#queue[0].due && this.#queue[0].due - performance.now()
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.flow(), waitMs)
        return
      }
      const { passing } = this.#queue.shift()!
      this.held -= size(passing)
      this.#pass(passing)
    }
  }

  /** What it holds is lost. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#queue.length = 0
  }
}

function size(passing: Passing): number {
  return typeof passing === 'string' ? 0 : passing.length
}
