/** Deadlines of one length for many calls: one timer serves all of them. */
import { Chain, type Linked } from './chain.js'

/** A call with a deadline. */
export class Deadline implements Linked<Deadline> {
  older: Deadline | undefined
  newer: Deadline | undefined
  until = 0
  /** Called once: with what `late` made, or with the reason for which all are ended. */
  readonly fail: (thrown: unknown) => void

  constructor(fail: (thrown: unknown) => void) {
    this.fail = fail
  }
}

export class Deadlines {
  readonly #ms: number
  readonly #late: () => unknown
  /** In the order in which they fall due. */
  readonly #pending = new Chain<Deadline>()
  #timer: NodeJS.Timeout | undefined

  /** `late` makes the error of what was not done in time. */
  constructor(ms: number, late: () => unknown) {
    this.#ms = ms
    this.#late = late
  }

  /** How many are waited for. */
  get pending(): number {
    return this.#pending.size
  }

  /** Falls due after the whole time from now, also one that was begun before. */
  begin(deadline: Deadline): void {
    deadline.until = performance.now() + this.#ms
    this.#pending.add(deadline)
    if (this.#timer === undefined) this.#arm(this.#ms)
  }

  /** It is done, and never falls due. */
  done(deadline: Deadline): void {
    this.#pending.remove(deadline)
  }

  /** Fails it now, as if it were late. */
  fail(deadline: Deadline): void {
    this.#fail(deadline, this.#late())
  }

  /**
   * What the promise is resolved with, or what `failed` makes of its rejection or lateness: a value, or an error that
   * it throws. `answered` is called when it is resolved, however late.
   */
  within<T>(promise: Promise<T>, failed: (thrown: unknown) => T, answered?: (value: T) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = (thrown: unknown) => {
        this.#pending.remove(deadline)
        try {
          resolve(failed(thrown))
        } catch (error) {
          reject(error)
        }
      }
      const deadline = new Deadline(fail)
      this.begin(deadline)
      promise.then((value) => {
        this.#pending.remove(deadline)
        answered?.(value)
        resolve(value)
      }, fail)
    })
  }

  /** Fails everything that is waited for now. */
  end(reason: unknown): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    // Deadlines that begin meanwhile come after them.
    for (let left = this.#pending.size; left > 0 && this.#pending.oldest; left--) {
      this.#fail(this.#pending.oldest, reason)
    }
  }

  #fail(deadline: Deadline, reason: unknown): void {
    this.#pending.remove(deadline)
    deadline.fail(reason)
  }

  #arm(ms: number): void {
    // A timer holds 24.8 days at most.
    this.#timer = setTimeout(() => this.#look(), Math.min(Math.max(1, ms), 86_400_000))
    this.#timer.unref()
  }

  #look(): void {
    this.#timer = undefined
    const now = performance.now()
    for (let deadline = this.#pending.oldest; deadline; deadline = this.#pending.oldest) {
      if (deadline.until > now) return this.#arm(deadline.until - now)
      this.fail(deadline)
    }
  }
}
