/** Counts work that is under way, and notifies when there is none. */

export class Pending {
  #count = 0
  #listeners: (() => void)[] = []

  get size(): number {
    return this.#count
  }

  /** Counts a piece of work until its promise is settled; answers that promise. */
  track<T>(work: Promise<T>): Promise<T> {
    this.#count++
    work.then(this.#done, this.#done)
    return work
  }

  /** Resolves when nothing is under way. */
  idle(): Promise<void> {
    if (this.#count === 0) return Promise.resolve()
    return new Promise((resolve) => this.#listeners.push(resolve))
  }

  readonly #done = (): void => {
    if (--this.#count > 0) return
    const listeners = this.#listeners
    this.#listeners = []
    for (const listener of listeners) listener()
  }
}
