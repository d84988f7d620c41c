/** How long bodies may take: not every server limits how long a request takes. */
import { Deadline, Deadlines } from '../../core/deadlines.js'
import type { Limits } from '../../core/limits.js'
import { AnywireError } from '../../protocol/error.js'

export type BodyTimeLimits = Pick<Limits, 'bodyIdleMs' | 'bodyMs'>

/** Of all bodies of a hub: no timer is set for one of them. */
export class BodyTimes {
  readonly #limits: BodyTimeLimits
  readonly #silences: Deadlines

  constructor(limits: BodyTimeLimits) {
    this.#limits = limits
    this.#silences = new Deadlines(Math.min(limits.bodyIdleMs, limits.bodyMs), () => this.#tooLate())
  }

  /** From now on. `late` hears once that the body has been silent for too long, or has taken too long in all. */
  begin(late: (error: unknown) => void): BodyTime {
    return new BodyTime(this.#silences, late, performance.now() + this.#limits.bodyMs)
  }

  #tooLate(): AnywireError {
    const { bodyIdleMs, bodyMs } = this.#limits
    const sentence = `The body did not come in time: it may be silent for ${bodyIdleMs} ms, and take ${bodyMs} ms in all. Send it again.`
    return new AnywireError('timeout', sentence)
  }
}

/** The time of one body. */
export class BodyTime {
  readonly #silences: Deadlines
  readonly #silence: Deadline
  readonly #until: number

  constructor(silences: Deadlines, late: (error: unknown) => void, until: number) {
    this.#silences = silences
    this.#silence = new Deadline(late)
    this.#until = until
    silences.begin(this.#silence)
  }

  /** Something has come, and more will. */
  more(): void {
    if (performance.now() > this.#until) this.#silences.fail(this.#silence)
    else this.#silences.begin(this.#silence)
  }

  /** Nothing is waited for any more. */
  end(): void {
    this.#silences.done(this.#silence)
  }
}
