/** Resyncs: asks the store where logs stand, many in one call, and puts the answers to use in slices of time. */
import { setImmediate } from 'node:timers/promises'
import type { ChannelName } from '../../protocol/name.js'
import type { Channel } from '../reading/channel.js'
import type { ChannelInfo } from '../store.js'
import type { Source, Turns } from '../turns.js'

export interface ResyncsOptions {
  readonly turns: Turns
  readonly position: (channels: readonly ChannelName[]) => Promise<readonly (ChannelInfo | 'gone')[]>
  /** Takes what the store says of a channel. */
  readonly sync: (channel: Channel, info: ChannelInfo | 'gone') => void
  /** Hears what taking an answer throws. */
  readonly onError: (thrown: unknown) => void
  /** The store could not say it. */
  readonly failed: (channels: readonly Channel[], thrown: unknown) => void
}

interface Answer {
  readonly channel: Channel
  readonly asked: number
  readonly info: ChannelInfo | 'gone'
}

/** How long answers are put to use at once; what is left of them comes in turns of its own. */
const sliceMs = 1
/** Channels of one call. */
const atOnce = 1_000

export class Resyncs implements Source {
  readonly #options: ResyncsOptions
  readonly #stale = new Set<Channel>()
  /** How often the store was asked of each: only the newest answer counts. */
  readonly #asked = new WeakMap<Channel, number>()
  #answers: Answer[] = []
  #asking = false

  constructor(options: ResyncsOptions) {
    this.#options = options
  }

  /** The store is being asked. */
  get asking(): boolean {
    return this.#asking
  }

  /** Asks at once, in one call for all that are added in this step. */
  add(channel: Channel): void {
    this.#stale.add(channel)
    if (this.#asking) return
    this.#asking = true
    queueMicrotask(() => this.#ask())
  }

  /** Somebody asks the store in a call of its own. The function answers whether that is still the newest question. */
  asks(channel: Channel): () => boolean {
    const number = this.#count(channel)
    return () => this.#asked.get(channel) === number
  }

  work(deadline: number): boolean {
    while (this.#answers.length > 0) {
      const { channel, asked, info } = this.#answers.pop()!
      // Otherwise a newer answer is on its way.
      if (asked === this.#asked.get(channel)) this.#options.sync(channel, info)
      if (performance.now() > deadline) return this.#answers.length === 0
    }
    return true
  }

  /** One call at a time: while the store is slow, no more than that is asked of it. */
  async #ask(): Promise<void> {
    while (this.#stale.size > 0) {
      const asked = this.#next()
      try {
        const infos = await this.#options.position(asked.map(({ channel }) => channel.name))
        this.#answers.push(...asked.map(({ channel, at }, i) => ({ channel, asked: at, info: infos[i]! })))
      } catch (thrown) {
        const channels = asked.map(({ channel }) => channel)
        this.#options.failed(channels, thrown)
      }
      if (!this.#worked()) this.#options.turns.add(this)
      // Also where the store answers at once, the loop is left to others.
      if (this.#stale.size > 0) await setImmediate()
    }
    this.#asking = false
  }

  #worked(): boolean {
    try {
      return this.work(performance.now() + sliceMs)
    } catch (thrown) {
      this.#options.onError(thrown)
      return false
    }
  }

  /** What comes from here on waits in each channel for its answer. */
  #next(): { channel: Channel; at: number }[] {
    const asked: { channel: Channel; at: number }[] = []
    for (const channel of this.#stale) {
      this.#stale.delete(channel)
      channel.log.unplace()
      if (asked.push({ channel, at: this.#count(channel) }) === atOnce) break
    }
    return asked
  }

  #count(channel: Channel): number {
    const number = (this.#asked.get(channel) ?? 0) + 1
    this.#asked.set(channel, number)
    return number
  }
}
