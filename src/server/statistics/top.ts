/** The greatest of many by a number, found without sorting them all. */

export class Top<T> {
  readonly #count: number
  #kept: { readonly one: T; readonly score: number }[] = []
  /** What is not above it cannot be among them any more. */
  #least = Number.NEGATIVE_INFINITY

  /** @param count how many are kept, from 1 */
  constructor(count: number) {
    this.#count = count
  }

  add(one: T, score: number): void {
    if (score <= this.#least) return
    this.#kept.push({ one, score })
    if (this.#kept.length >= this.#count * 2) this.#cut()
  }

  /** First the greatest; of equal ones first the one that came first. */
  all(): T[] {
    this.#cut()
    return this.#kept.map(({ one }) => one)
  }

  #cut(): void {
    this.#kept = this.#kept.sort((a, b) => b.score - a.score).slice(0, this.#count)
    if (this.#kept.length === this.#count) this.#least = this.#kept.at(-1)?.score ?? this.#least
  }
}
