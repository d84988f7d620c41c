/** The newest message of each key, in order of last update, and what these weigh. */
import type { NewMessage } from '../../core/store.js'
import type { Message } from '../../protocol/message.js'
import { keyEffect } from '../rules/append.js'
import { weightOf } from './weight.js'

/** Changes of the keys for which one iterator serves. */
const iteratorLife = 1_000

export class NewestOfKeys {
  readonly #messages = new Map<string, Message>()
  readonly #released: (message: Message) => void
  #weight = 0
  /**
   * Stands before the oldest key while keys are forgotten for their number: a new iterator would pass all forgotten
   * ones again. Given up after some changes, as a Map keeps for an iterator all that it has held since.
   */
  #oldest: Iterator<string, undefined> | undefined
  #changesLeft = 0

  /** `released` is called with each message that is the newest of its key no more. */
  constructor(released: (message: Message) => void) {
    this.#released = released
  }

  get messages(): ReadonlyMap<string, Message> {
    return this.#messages
  }

  /** In bytes. */
  get weight(): number {
    return this.#weight
  }

  /** How much heavier it would be with these messages, at most. */
  pinning(messages: readonly NewMessage[]): number {
    let more = 0
    for (const message of messages) {
      if (message.key === undefined) continue
      const replaced = this.#messages.get(message.key)
      if (message.data !== undefined) more += weightOf(message)
      if (replaced) more -= weightOf(replaced)
    }
    return more
  }

  /** Above `most` keys the one updated longest ago is forgotten. */
  remember(message: Message, most: number): void {
    const { key } = message
    if (key === undefined) return
    this.#forget(key)
    if (keyEffect(message) === 'replaces') {
      this.#messages.set(key, message)
      this.#weight += weightOf(message)
    }
    if (--this.#changesLeft <= 0) this.#oldest = undefined
    this.keep(most)
  }

  /** Forgets the oldest until so many keys are left. */
  keep(most: number): void {
    while (this.#messages.size > most) {
      if (!this.#oldest) {
        this.#oldest = this.#messages.keys()
        this.#changesLeft = iteratorLife
      }
      const { value: key } = this.#oldest.next()
      if (key === undefined) this.#oldest = undefined
      else this.#forget(key)
    }
  }

  #forget(key: string): void {
    const message = this.#messages.get(key)
    if (!message) return
    this.#messages.delete(key)
    this.#weight -= weightOf(message)
    this.#released(message)
  }
}
