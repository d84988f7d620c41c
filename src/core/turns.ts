/** Turns: work for many readers is done in slices of time, and the event loop is free between them. */

/** Work that can stop and go on. */
export interface Source {
  /**
   * Works until all is done or `deadline` (by `performance.now()`) is over; answers whether all is done. At least one
   * step is done.
   */
  work(deadline: number): boolean
}

/** How long all sources together may hold the event loop in one turn, in milliseconds. */
export const budgetMs = 4

export class Turns {
  readonly #due = new Set<Source>()
  readonly #onError: (thrown: unknown) => void
  #scheduled = false

  /** `onError` is called with what a source throws; the source continues in the next turn. */
  constructor(onError: (thrown: unknown) => void) {
    this.#onError = onError
  }

  /** No source has anything to do. */
  get idle(): boolean {
    return this.#due.size === 0
  }

  /** Lets the source work at the end of this turn, and in later ones until it is done. */
  add(source: Source): void {
    this.#due.add(source)
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#run())
  }

  #run(): void {
    this.#scheduled = false
    const deadline = performance.now() + budgetMs
    // A source that is not done comes last the next time.
    for (const source of [...this.#due]) {
      this.#due.delete(source)
      if (!this.#work(source, deadline)) this.add(source)
      if (performance.now() > deadline) break
    }
    const [left] = this.#due
    if (left) this.add(left)
  }

  #work(source: Source, deadline: number): boolean {
    try {
      return source.work(deadline)
    } catch (thrown) {
      this.#onError(thrown)
      return false
    }
  }
}
