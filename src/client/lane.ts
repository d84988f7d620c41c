/** A lane: the publishes of one channel that wait, in order. Those that are under way are the first of them. */
import type { PublishRequest } from '../protocol/anywire-frame.js'
import type { AnywireError } from '../protocol/error.js'
import type { Deferred } from './deferred.js'
import type { Acknowledgement } from './outbox.js'
import type { Draft, Kept, Key } from './outbox-store.js'

/** What the application is told of a publish before its end. */
export interface PublishEvents {
  /** It would survive a reload. */
  readonly queued?: (() => void) | undefined
  /** The server has failed on it, or asked to wait: it is tried again. */
  readonly failing?: ((error: AnywireError) => void) | undefined
}

/** One publish. */
export class Entry implements Kept {
  readonly draft: Draft
  readonly events: PublishEvents
  /** The promise that the application waits for; a draft of an earlier page has none. */
  readonly waiting: Deferred<Acknowledgement> | undefined
  /** Its place among all publishes of the client. */
  readonly place: number
  /** `settled`: it is answered, and not yet removed from the store. */
  state: 'waiting' | 'sent' | 'settled' = 'waiting'
  key: Key = ['', 0]
  epoch = 0
  seq = 0
  /** The requests under its present number: any of them may tell that it is stored, and only the newest that it is not. */
  requests: number[] = []
  /** How often the server has failed on it. */
  failures = 0

  constructor(place: number, draft: Draft, events: PublishEvents = {}, waiting?: Deferred<Acknowledgement>) {
    this.place = place
    this.draft = draft
    this.events = events
    this.waiting = waiting
  }

  request(id: number): PublishRequest {
    this.requests.push(id)
    this.state = 'sent'
    return { ...this.draft, id, producer: { id: this.key[0], epoch: this.epoch, seq: this.seq } }
  }
}

export class Lane {
  entries: Entry[] = []
  /** The newest number that this page has given. */
  newest: { epoch: number; seq: number } | undefined
  /** Entries that are sent or settled. */
  busy = 0
  /** Nothing is sent until then. */
  #held: ReturnType<typeof setTimeout> | undefined

  get isHeld(): boolean {
    return this.#held !== undefined
  }

  /** What may be sent now: the first that waits, if nothing of another epoch or producer is before it. */
  next(): Entry | undefined {
    if (this.isHeld) return undefined
    const index = this.entries.findIndex(({ state }) => state === 'waiting')
    const entry = this.entries[index]
    const before = this.entries[index - 1]
    const fits = !before || (before.epoch === entry?.epoch && before.key[0] === entry.key[0])
    return fits ? entry : undefined
  }

  /** The first that is not answered. */
  first(): Entry | undefined {
    return this.entries.find(({ state }) => state !== 'settled')
  }

  /** Those are not under way any more: this one and what is behind it. */
  recall(from: Entry): void {
    for (const entry of this.entries.slice(this.entries.indexOf(from))) {
      if (entry.state !== 'sent') continue
      entry.state = 'waiting'
      this.busy--
    }
  }

  hold(ms: number, then: () => void): void {
    this.release()
    this.#held = setTimeout(() => {
      this.#held = undefined
      then()
    }, ms)
  }

  release(): void {
    clearTimeout(this.#held)
    this.#held = undefined
  }

  remove(entry: Entry): void {
    this.entries.splice(this.entries.indexOf(entry), 1)
    this.busy--
  }
}
