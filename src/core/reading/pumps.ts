/** Pumps: brings many subscriptions to the head, each by its own position, in slices of time. */

import type { Source, Turns } from '../turns.js'
import type { Paged, Subscription } from './subscription.js'

export class Pumps implements Source {
  readonly #turns: Turns
  readonly #onError: (thrown: unknown) => void
  /** The readers that are left, by what they have in common. */
  readonly #pages = new Set<Paged>()
  readonly #left = new Map<object, Set<Subscription>>()

  /** `onError` is called with what serving one reader throws. */
  constructor(turns: Turns, onError: (thrown: unknown) => void) {
    this.#turns = turns
    this.#onError = onError
  }

  /** Whether some of them are left. */
  has(key: object): boolean {
    return this.#left.has(key)
  }

  /** Readers that are still left from the last time go first. */
  add(key: object, subscriptions: Iterable<Subscription>): void {
    const left = this.#left.get(key)
    if (left) for (const subscription of subscriptions) left.add(subscription)
    else this.#left.set(key, new Set(subscriptions))
    this.#turns.add(this)
  }

  goOn(page: Paged): void {
    this.#pages.add(page)
    this.#turns.add(this)
  }

  work(deadline: number): boolean {
    for (const page of this.#pages) {
      this.#pages.delete(page)
      this.#try(page.subscription, () => page.subscription.goOn(page.result, page.ofSnapshot))
      if (performance.now() > deadline) return this.#done
    }
    for (const [key, subscriptions] of this.#left) {
      for (const subscription of subscriptions) {
        subscriptions.delete(subscription)
        this.#try(subscription, () => subscription.flush())
        if (performance.now() <= deadline) continue
        if (subscriptions.size === 0) this.#left.delete(key)
        return this.#done
      }
      this.#left.delete(key)
    }
    return this.#done
  }

  /** A reader that cannot be served must not stop the others. */
  #try(subscription: Subscription, act: () => void): void {
    try {
      act()
    } catch (thrown) {
      this.#onError(thrown)
      subscription.fail(thrown)
    }
  }

  get #done(): boolean {
    return this.#pages.size === 0 && this.#left.size === 0
  }
}
