/** A value that changes, to be looked at or listened to. */

export interface Signal<T> {
  readonly value: T
  /** Calls `listener` with each new value; answers what ends that. */
  subscribe(listener: (value: T) => void): () => void
}

export class Changing<T> implements Signal<T> {
  readonly #listeners = new Set<(value: T) => void>()
  #value: T

  constructor(value: T) {
    this.#value = value
  }

  get value(): T {
    return this.#value
  }

  set(value: T): void {
    if (value === this.#value) return
    this.#value = value
    for (const listener of [...this.#listeners]) listener(value)
  }

  subscribe(listener: (value: T) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
