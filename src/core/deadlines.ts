/** Deadlines of one length for many calls: one timer looks after all of them, and none is set for a call that is answered in time. */

interface Pending {
  readonly until: number
  readonly fail: (thrown: unknown) => void
}

export class Deadlines {
  readonly #ms: number
  readonly #late: () => unknown
  /** In the order in which they fall due. */
  readonly #pending = new Set<Pending>()
  #timer: NodeJS.Timeout | undefined

  /** `late` makes the error of a call that was not answered in time. */
  constructor(ms: number, late: () => unknown) {
    this.#ms = ms
    this.#late = late
  }

  /** Calls that are waited for. */
  get pending(): number {
    return this.#pending.size
  }

  /** What the promise is resolved with, or what `failed` makes of its rejection or lateness: a value, or an error that it throws. */
  within<T>(promise: Promise<T>, failed: (thrown: unknown) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = (thrown: unknown) => {
        this.#pending.delete(pending)
        try {
          resolve(failed(thrown))
        } catch (error) {
          reject(error)
        }
      }
      const pending: Pending = { until: performance.now() + this.#ms, fail }
      this.#pending.add(pending)
      if (this.#timer === undefined) this.#arm(this.#ms)
      promise.then((value) => {
        this.#pending.delete(pending)
        resolve(value)
      }, fail)
    })
  }

  /** Fails everything that is waited for now. */
  end(reason: unknown): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const { fail } of this.#pending) fail(reason)
  }

  #arm(ms: number): void {
    // A timer holds 24.8 days at most.
    this.#timer = setTimeout(() => this.#look(), Math.min(Math.max(1, ms), 86_400_000))
    this.#timer.unref()
  }

  #look(): void {
    this.#timer = undefined
    const now = performance.now()
    for (const { until, fail } of this.#pending) {
      if (until > now) return this.#arm(until - now)
      fail(this.#late())
    }
  }
}
