/** A lane: the publishes of one channel that wait, in order. Those that are under way are the first of them. */
import type { PublishRequest } from '../protocol/anywire-frame.js'
import type { Draft, DraftKey, KeptDraft } from './outbox-store.js'
import type { HeldPublish } from './publish.js'

/** Publishes of one channel that have no answer yet, at most: the link shares its room among the channels. */
const maxUnderWay = 64

/** One publish, with the number under which it is sent. */
export class Entry implements KeptDraft {
  readonly lane: OutboxLane
  readonly publish: HeldPublish
  /** Its place among all publishes of the client. */
  readonly place: number
  /** `settled`: it is answered, and not yet removed from the store. */
  state: 'waiting' | 'sent' | 'settled' = 'waiting'
  key: DraftKey = ['', 0]
  epoch = 0
  seq = 0
  /**
   * The requests under its present number: any of them may tell that it is stored, and only the newest that it is not.
   */
  requests: number[] = []
  /** How often the server has failed on it. */
  failures = 0

  constructor(lane: OutboxLane, publish: HeldPublish, place: number) {
    this.lane = lane
    this.publish = publish
    this.place = place
  }

  get draft(): Draft {
    return this.publish.draft
  }

  get request(): PublishRequest {
    const { draft, requests, key, epoch, seq } = this
    return { ...draft, id: requests.at(-1), producer: { id: key[0], epoch, seq } }
  }
}

/** To remove the first of many moves all others, so that many are removed from there at once. */
const maxGone = 64

export class OutboxLane {
  #entries: Entry[] = []
  /** So many of its beginning are removed. They are settled. */
  #gone = 0
  /** The newest number that this page has given. */
  newest: { epoch: number; seq: number } | undefined
  /** Nothing is sent until then. */
  #held: ReturnType<typeof setTimeout> | undefined

  /** All that wait, in order. */
  get entries(): Entry[] {
    return this.#entries.slice(this.#gone)
  }

  add(entry: Entry): void {
    this.#entries.push(entry)
  }

  /** Puts all in the order of their places. */
  sort(): void {
    this.#entries = this.entries.sort(byPlace)
    this.#gone = 0
  }

  /** It is settled, and no longer in the store. */
  remove(entry: Entry): void {
    const entries = this.#entries
    if (entry !== entries[this.#gone]) {
      entries.splice(entries.indexOf(entry), 1)
      return
    }
    this.#gone++
    if (this.#gone < Math.min(maxGone, entries.length)) return
    entries.splice(0, this.#gone)
    this.#gone = 0
  }

  /** What may be sent now: the first that waits, if nothing of another epoch or producer is before it. */
  next(): Entry | undefined {
    const index = this.#entries.findIndex(({ state }) => state === 'waiting')
    const entry = this.#entries[index]
    const before = index > this.#gone ? this.#entries[index - 1] : undefined
    const fits = !before || (before.epoch === entry?.epoch && before.key[0] === entry.key[0])
    return fits && index - this.#gone < maxUnderWay && !this.#held ? entry : undefined
  }

  /** The first that is not answered. */
  first(): Entry | undefined {
    return this.#entries.find(({ state }) => state !== 'settled')
  }

  /** Those are not under way any more: this one and what is behind it. */
  recall(from: Entry): void {
    for (const entry of this.#entries.slice(this.#entries.indexOf(from)))
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

/** Orders by the place among all publishes of the client. */
export const byPlace = (one: Entry, other: Entry): number => one.place - other.place
