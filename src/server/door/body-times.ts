/** Time limits for bodies: not every server limits the time of a request. */
import { Deadline, Deadlines } from '../../core/deadlines.js'
import type { Limits } from '../../core/limits.js'
import { AnywireError } from '../../protocol/error.js'

export type BodyTimeLimits = Pick<Limits, 'bodyIdleMs' | 'bodyMs'>

/** For all bodies of a hub, without a timer for each. */
export class BodyTimes {
  readonly #limits: BodyTimeLimits
  readonly #silences: Deadlines

  constructor(limits: BodyTimeLimits) {
    this.#limits = limits
    this.#silences = new Deadlines(Math.min(limits.bodyIdleMs, limits.bodyMs), () => this.#tooLate())
  }

  /** Starts now. `late` is called once, if the body was silent for too long or took too long in all. */
  begin(late: (error: unknown) => void): BodyTime {
    const { bodyIdleMs, bodyMs } = this.#limits
    return new BodyTime(this.#silences, late, Math.max(0, bodyMs - bodyIdleMs))
  }

  #tooLate(): AnywireError {
    const { bodyIdleMs, bodyMs } = this.#limits
    const sentence =
      `The body did not come in time: it may be silent for ${bodyIdleMs} ms, and take ${bodyMs} ms in all. Send ` +
      'it again.'
    return new AnywireError('timeout', sentence)
  }
}

/** The time of one body. */
export class BodyTime {
  readonly #silences: Deadlines
  readonly #silence: Deadline
  readonly #until: number

  /** `restMs`: how much longer all of it may take than one silence. */
  constructor(silences: Deadlines, late: (error: unknown) => void, restMs: number) {
    this.#silences = silences
    this.#silence = new Deadline(late)
    silences.begin(this.#silence)
    this.#until = this.#silence.until + restMs
  }

  /** A chunk has arrived, and more will. */
  more(): void {
    if (performance.now() > this.#until) this.#silences.fail(this.#silence)
    else this.#silences.begin(this.#silence)
  }

  /** The body is complete or given up. */
  end(): void {
    this.#silences.done(this.#silence)
  }
}
