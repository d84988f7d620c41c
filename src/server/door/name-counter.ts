/** Counts by name. Names with a count of 0 are dropped. */
export class NameCounter {
  readonly #counts = new Map<string, number>()

  /** Names with a count above 0. */
  get size(): number {
    return this.#counts.size
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  add(name: string): void {
    this.#counts.set(name, this.of(name) + 1)
  }

  /** One that was added. */
  drop(name: string): void {
    const left = this.of(name) - 1
    if (left > 0) this.#counts.set(name, left)
    else this.#counts.delete(name)
  }
}
