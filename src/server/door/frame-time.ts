/** Time for frames: what all clients send by WebSocket holds the loop for a few milliseconds in a turn, however small the frames. */
import { budgetMs, type Source, Turns } from '../../core/turns.js'

export class FrameTime {
  readonly #turns: Turns
  /** When the time of this turn is over; 0 before its first frame. */
  #until = 0

  /** `onError` hears what an intake throws. */
  constructor(onError: (thrown: unknown) => void) {
    this.#turns = new Turns(onError)
  }

  /** No frame is acted on any more in this turn. */
  get over(): boolean {
    if (this.#until > 0) return performance.now() > this.#until
    this.#until = performance.now() + budgetMs
    setImmediate(() => {
      this.#until = 0
    })
    return false
  }

  /** Lets an intake go on in later turns, beside others who wait. */
  later(intake: Source): void {
    this.#turns.add(intake)
  }
}
