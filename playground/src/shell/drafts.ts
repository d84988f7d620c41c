/** What this browser has published and not yet read back: it waits in the client's outbox, and is shown until it comes as a message. */
import { client, complain } from './client.js'
import { Value } from './value.js'

export type Draft<Message> = Message & {
  readonly channel: string
  /** It outlasts a reload. */
  readonly kept: boolean
}

export class Drafts<Message extends { readonly id: string }> {
  /** Oldest first. */
  readonly waiting: Value<readonly Draft<Message>[]>
  readonly #key: string

  /** They are kept under this key of the browser's storage, for all of its tabs. */
  constructor(key: string) {
    this.#key = key
    this.waiting = new Value(this.#stored())
    addEventListener('storage', (event) => event.key === key && this.waiting.set(this.#stored()))
  }

  publish(channel: string, message: Message): void {
    const { id } = message
    this.#put([...this.waiting.value, { ...message, channel, kept: false }])
    const queued = () =>
      this.#put(this.waiting.value.map((draft) => (draft.id === id ? { ...draft, kept: true } : draft)))
    client.publish(channel, message, { queued }).catch((thrown) => {
      this.settle((draft) => draft.id === id)
      complain(thrown)
    })
  }

  /** Forgets those that have become messages. */
  settle(isMessage: (draft: Draft<Message>) => boolean): void {
    if (this.waiting.value.some(isMessage)) this.#put(this.waiting.value.filter((draft) => !isMessage(draft)))
  }

  #put(next: readonly Draft<Message>[]): void {
    localStorage.setItem(this.#key, JSON.stringify(next.filter(({ kept }) => kept)))
    this.waiting.set(next)
  }

  #stored(): readonly Draft<Message>[] {
    return JSON.parse(localStorage.getItem(this.#key) ?? '[]')
  }
}
