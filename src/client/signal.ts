/** A value that changes, to be looked at or listened to. */
import { notify } from './notify.js'

export interface Signal<T> {
  readonly value: T
  /** Calls `listener` with each new value; answers what ends that. */
  subscribe(listener: (value: T) => void): () => void
}

export interface Changing<T> extends Signal<T> {
  set(value: T): void
}

export function createSignal<T>(value: T): Changing<T> {
  const listeners = new Set<(value: T) => void>()
  return {
    get value() {
      return value
    },
    set(next) {
      if (next === value) return
      value = next
      for (const listener of [...listeners]) notify(listener, next)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
