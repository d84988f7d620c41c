/** A value that changes, and how a component follows one: the client's `state` and `stats` are of the same shape. */
import type { Signal } from 'anywire/client'
import { useEffect, useState } from 'preact/hooks'

export class Value<T> implements Signal<T> {
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

/** The newest value; the component is drawn again when it changes. */
export function useValue<T>(signal: Signal<T>): T {
  const [value, setValue] = useState<T>(signal.value)
  useEffect(() => {
    const take = (next: T) => setValue(() => next)
    take(signal.value)
    return signal.subscribe(take)
  }, [signal])
  return value
}
