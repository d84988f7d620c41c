/** Resyncs: asks the store where logs stand, many in one call, and puts the answers to use in slices of time. */
import { setImmediate } from 'node:timers/promises'
import type { ChannelName } from '../../protocol/name.js'
import type { Channel } from '../reading/channel.js'
import type { ChannelInfo, Known } from '../store.js'
import { storeDown } from '../store-down.js'
import type { Source, Turns } from '../turns.js'

export interface ResyncsOptions {
  readonly turns: Turns
  readonly position: (channels: readonly ChannelName[]) => Promise<readonly Known[]>
  /** Takes what the store says of a channel whose place is asked for. */
  readonly sync: (channel: Channel, info: ChannelInfo | 'gone') => void
  /** Takes what it says of one that was only looked at. */
  readonly checked: (channel: Channel, info: ChannelInfo | 'gone') => void
  /** Hears what taking an answer throws. */
  readonly onError: (thrown: unknown) => void
  /** The store could not say it. */
  readonly failed: (channels: readonly Channel[], thrown: unknown) => void
}

interface Question {
  readonly channel: Channel
  /** Which question about this channel it is: of those about its place only the newest counts. */
  readonly number: number
  readonly check: boolean
}

interface LogAnswer extends Question {
  readonly info: ChannelInfo | 'gone'
}

/** How long answers are put to use at once; what is left of them comes in turns of its own. */
const sliceMs = 1
/** Channels of one call. */
const atOnce = 1_000

export class Resyncs implements Source {
  readonly #options: ResyncsOptions
  readonly #stale = new Set<Channel>()
  readonly #doubted = new Set<Channel>()
  readonly #numbers = new WeakMap<Channel, number>()
  #answers: LogAnswer[] = []
  #asking = false

  constructor(options: ResyncsOptions) {
    this.#options = options
  }

  /** The store is being asked. */
  get asking(): boolean {
    return this.#asking
  }

  /**
   * Asks where the log stands, at once, in one call for all that are added in this step. Wake-ups wait for the answer.
   */
  add(channel: Channel): void {
    this.#stale.add(channel)
    this.#doubted.delete(channel)
    this.#begin()
  }

  /** Looks whether logs stand where we think, while wake-ups go on. */
  check(channels: Iterable<Channel>): void {
    for (const channel of channels) if (!this.#stale.has(channel)) this.#doubted.add(channel)
    this.#begin()
  }

  /** In the order in which they were asked for: who subscribes to several channels is answered in that order. */
  work(deadline: number): boolean {
    let taken = 0
    try {
      for (const { channel, number, check, info } of this.#answers) {
        taken++
        // Otherwise a newer answer is on its way.
        if (number === this.#numbers.get(channel) && !this.#stale.has(channel))
          this.#options[check ? 'checked' : 'sync'](channel, info)
        if (performance.now() > deadline) break
      }
    } finally {
      this.#answers = this.#answers.slice(taken)
    }
    return this.#answers.length === 0
  }

  #begin(): void {
    if (this.#asking || this.#stale.size + this.#doubted.size === 0) return
    this.#asking = true
    queueMicrotask(() => this.#ask())
  }

  /** One call at a time: while the store is slow, no more than that is asked of it. */
  async #ask(): Promise<void> {
    while (this.#stale.size + this.#doubted.size > 0) {
      const asked = this.#next()
      try {
        const known = await this.#options.position(asked.map(({ channel }) => channel.name))
        this.#take(asked, known)
      } catch (thrown) {
        // None can be asked: nor those that would have been next.
        const all = new Set([...asked.map(({ channel }) => channel), ...this.#stale, ...this.#doubted])
        this.#stale.clear()
        this.#doubted.clear()
        this.#options.failed([...all], thrown)
      }
      if (!this.#worked()) this.#options.turns.add(this)
      // Also where the store answers at once, the loop is left to others.
      if (this.#stale.size + this.#doubted.size > 0) await setImmediate()
    }
    this.#asking = false
  }

  #take(asked: readonly Question[], known: readonly Known[]): void {
    const away: Channel[] = []
    for (const [index, question] of asked.entries()) {
      const info = known[index]
      if (info === undefined || info === 'away') away.push(question.channel)
      else this.#answers.push({ ...question, info })
    }
    if (away.length > 0) this.#options.failed(away, storeDown(new Error('A part of the store is away.')))
  }

  #worked(): boolean {
    try {
      return this.work(performance.now() + sliceMs)
    } catch (thrown) {
      this.#options.onError(thrown)
      return false
    }
  }

  /** Those whose readers wait first. What comes of them from here on waits in each channel for its answer. */
  #next(): Question[] {
    const asked: Question[] = []
    for (const channel of this.#stale) {
      this.#stale.delete(channel)
      channel.log.unplace()
      const number = (this.#numbers.get(channel) ?? 0) + 1
      this.#numbers.set(channel, number)
      if (asked.push({ channel, number, check: false }) === atOnce) return asked
    }
    for (const channel of this.#doubted) {
      this.#doubted.delete(channel)
      if (asked.push({ channel, number: this.#numbers.get(channel) ?? 0, check: true }) === atOnce) break
    }
    return asked
  }
}
