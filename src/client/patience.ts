/** Patience: how long an answer is waited for. It grows with each deadline that was missed. */
import { late } from './deadline.js'

/** A deadline grows up to this, unless it is longer to begin with. */
const longestMs = 30_000

/** The kind of answer that says most: no other is waited for less long than twice a round trip. */
export const roundTrip = 'round trip'

/**
 * A fixed deadline never gets through to a server, network or device that is slower: each attempt is given up and made
 * anew. So an answer is waited for twice as long as the one before it took, or was waited for in vain. A quick answer
 * brings back the usual time. Each kind of answer counts by itself: requests of one kind may be quick while those of
 * another are slow.
 */
export class Patience {
  /** Of each kind, how long the newest answer took, or was waited for in vain. */
  readonly #took = new Map<string, number>()

  /** How long the next answer is waited for. */
  msFor(kind: string, usualMs: number): number {
    const tookMs = [kind, roundTrip].map((one) => this.#took.get(one) ?? 0)
    return Math.max(usualMs, Math.min(2 * Math.max(...tookMs), longestMs))
  }

  took(kind: string, ms: number): void {
    this.#took.set(kind, ms)
  }

  /** Calls `missed` if there is no answer in time. Answers the timer, and what is to be called for an answer. */
  wait(
    kind: string,
    usualMs: number,
    missed: () => void,
  ): [timer: ReturnType<typeof setTimeout>, answered: () => void] {
    const ms = this.msFor(kind, usualMs)
    const sentAt = performance.now()
    const timer = setTimeout(() => {
      this.took(kind, ms)
      missed()
    }, ms)
    const answered = () => {
      clearTimeout(timer)
      this.took(kind, performance.now() - sentAt)
    }
    return [timer, answered]
  }

  /** @throws AnywireError `timeout` if `work` is not settled in time, and whatever it rejects with. */
  within<T>(kind: string, usualMs: number, work: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const [timer, answered] = this.wait(kind, usualMs, () => reject(late()))
      work.then(answered, () => clearTimeout(timer))
      work.then(resolve, reject)
    })
  }
}
