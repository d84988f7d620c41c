/** A lane: the publishes of one channel that wait, in order. Those that are under way are the first of them. */
import type { PublishRequest } from '../protocol/anywire-frame.js'
import type { AnywireError } from '../protocol/error.js'
import { utf8Length } from './bytes.js'
import type { Deferred } from './deferred.js'
import type { Draft, Kept, Key } from './outbox-store.js'

export interface Acknowledgement {
  /**
   * The position after the message (for a duplicate: the head of the channel); undefined if the rule stored nothing.
   */
  readonly offset: string | undefined
  /** It had been stored before: this was a retry. */
  readonly duplicate: boolean
  /** What the rule's `receive` returned; undefined if it cannot be handed from one thread to another. */
  readonly reply: unknown
}

/** What the application is notified of before a publish ends. */
export interface PublishEvents {
  /** It would survive a reload. */
  readonly queued?: (() => void) | undefined
  /** The server has failed on it, or asked to wait: it is tried again. */
  readonly failing?: ((error: AnywireError) => void) | undefined
}

/** Publishes of one channel that have no answer yet, at most: the link shares its room among the channels. */
const maxUnderWay = 64

/** One publish. */
export class Entry implements Kept {
  readonly lane: Lane
  readonly draft: Draft
  /** Its place among all publishes of the client. */
  readonly place: number
  readonly events: PublishEvents
  /** The promise that the application waits for; a draft of an earlier page has none. */
  readonly waiting: Deferred<Acknowledgement> | undefined
  /** `settled`: it is answered, and not yet removed from the store. */
  state: 'waiting' | 'sent' | 'settled' = 'waiting'
  key: Key = ['', 0]
  epoch = 0
  seq = 0
  /**
   * The requests under its present number: any of them may tell that it is stored, and only the newest that it is not.
   */
  requests: number[] = []
  /** How often the server has failed on it. */
  failures = 0
  /** Of its draft as JSON. */
  readonly bytes: number

  constructor(
    lane: Lane,
    draft: Draft,
    place: number,
    events: PublishEvents = {},
    waiting?: Deferred<Acknowledgement>,
  ) {
    this.lane = lane
    this.draft = draft
    this.place = place
    this.events = events
    this.waiting = waiting
    this.bytes = utf8Length(JSON.stringify(draft))
  }

  get request(): PublishRequest {
    const { draft, requests, key, epoch, seq } = this
    return { ...draft, id: requests.at(-1), producer: { id: key[0], epoch, seq } }
  }
}

export class Lane {
  entries: Entry[] = []
  /** The newest number that this page has given. */
  newest: { epoch: number; seq: number } | undefined
  /** Nothing is sent until then. */
  #held: ReturnType<typeof setTimeout> | undefined

  /** What may be sent now: the first that waits, if nothing of another epoch or producer is before it. */
  next(): Entry | undefined {
    const index = this.entries.findIndex(({ state }) => state === 'waiting')
    const entry = this.entries[index]
    const before = this.entries[index - 1]
    const fits = !before || (before.epoch === entry?.epoch && before.key[0] === entry.key[0])
    return fits && index < maxUnderWay && !this.#held ? entry : undefined
  }

  /** The first that is not answered. */
  first(): Entry | undefined {
    return this.entries.find(({ state }) => state !== 'settled')
  }

  /** Those are not under way any more: this one and what is behind it. */
  recall(from: Entry): void {
    for (const entry of this.entries.slice(this.entries.indexOf(from)))
      if (entry.state === 'sent') entry.state = 'waiting'
  }

  hold(ms: number, then: () => void): void {
    this.release()
    this.#held = setTimeout(() => {
      this.release()
      then()
    }, ms)
  }

  release(): void {
    clearTimeout(this.#held)
    this.#held = undefined
  }
}
