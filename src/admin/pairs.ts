/** One thing for each pair of labels, found without making a text of the two. */

export class Pairs<T> {
  readonly #rows = new Map<string, Map<string | undefined, T>>()
  readonly #make: () => T

  constructor(make: () => T) {
    this.#make = make
  }

  of(first: string, second?: string): T {
    const row = this.#rows.get(first) ?? new Map<string | undefined, T>()
    const found = row.get(second)
    if (found !== undefined) return found
    const made = this.#make()
    this.#rows.set(first, row.set(second, made))
    return made
  }

  *entries(): Generator<readonly [first: string, second: string | undefined, one: T]> {
    for (const [first, row] of this.#rows) for (const [second, one] of row) yield [first, second, one]
  }
}
