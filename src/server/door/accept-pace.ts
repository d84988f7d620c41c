/** How fast new connections are let in: a node that has just come, or takes over those of another, is not overrun. */
import { type Bucket, createRateLimit, type RateLimit } from '../../core/publish/rate-limit.js'
import { AnywireError } from '../../protocol/error.js'

/** Nobody is told to wait for longer. */
const longestMs = 30_000

/** Not now: its reason is none of the client's. An event stream is told by `retry:` rather than by a status. */
export class PaceError extends AnywireError {
  constructor(retryMs: number) {
    const sentence = 'This server lets new connections in one after the other; connect again.'
    super('draining', sentence, { details: { retryMs } })
  }
}

export class AcceptPace {
  readonly #perSecond: number | null
  readonly #now: () => number
  readonly #rate: RateLimit
  readonly #bucket: Bucket
  /** Those told to come back who have not had the time yet, and when that was counted. */
  #waiting = 0
  #countedAt = 0

  /** `perSecond` null: no limit. `now` in milliseconds, never going back. */
  constructor(perSecond: number | null, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond
    this.#now = now
    this.#rate = createRateLimit(perSecond, now)
    this.#bucket = this.#rate.bucket()
  }

  /** Counts one that comes. Undefined: it may; otherwise it comes back after those who were told before it. */
  refusal(): PaceError | undefined {
    if (this.#perSecond === null || this.#rate.take(this.#bucket, 1) === 0) return undefined
    const now = this.#now()
    const gone = ((now - this.#countedAt) * this.#perSecond) / 1_000
    this.#waiting = Math.max(0, this.#waiting - gone) + 1
    this.#countedAt = now
    return new PaceError(Math.min(longestMs, Math.ceil((this.#waiting * 1_000) / this.#perSecond)))
  }
}
