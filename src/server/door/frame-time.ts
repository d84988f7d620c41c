/** Time for frames: all WebSocket frames together hold the event loop for a few milliseconds in a turn. */
import { budgetMs, type Source, Turns } from '../../core/turns.js'

export class FrameTime {
  readonly #turns: Turns
  /** When the time of this turn is over; 0 before its first frame. */
  #until = 0

  /** `onError` is called with what an intake throws. */
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

  /** Lets an intake continue in later turns, with the others that wait. */
  later(intake: Source): void {
    this.#turns.add(intake)
  }
}
