/** The follower: which channels this node follows, from the first reader until a while after the last, and where the store says they stand. */
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Limits } from '../limits.js'
import type { Channel } from '../reading/channel.js'
import type { ChannelInfo, Store, Wake } from '../store.js'
import type { Turns } from '../turns.js'
import { type Timed, timed, type Wheel } from '../wheel.js'
import type { Reads } from './reads.js'
import { Resyncs } from './resyncs.js'

export interface FollowerOptions {
  readonly store: Store
  readonly limits: Limits
  readonly reads: Reads
  readonly wheel: Wheel
  readonly turns: Turns
  readonly create: (name: ChannelName) => Channel
  readonly onError: (thrown: unknown) => void
}

/** A channel, and what is under way for it. */
interface Followed {
  readonly channel: Channel
  /** Until wake-ups flow and it is known where the log stands. */
  following: Promise<void> | undefined
  /** Openings under way; the channel is followed as long as there are any, or subscriptions. */
  holds: number
  /** Renews the TTL while there are readers. */
  readonly alive: Timed
  /** Ends the following when nobody has come back. */
  readonly linger: Timed
}

/** A channel that is followed for an opening. */
export interface Held {
  readonly channel: Channel
  /** Until it is known where the log stands; undefined: it is known. */
  readonly following: Promise<void> | undefined
  /** Lets go of it. Called once. */
  release(): void
}

/** A channel without readers is followed for so long, since those who poll come back. */
const lingerMs = 5_000
/** The store could not say where a log stands: it is asked again after so long. */
const againMs = 1_000

/** When somebody who was refused for lack of room may try again: spread, so that not all come at once. */
export const retryMs = () => 1_000 + Math.round(Math.random() * 4_000)

export class Follower {
  readonly #options: FollowerOptions
  readonly #store: Store
  readonly #wheel: Wheel
  readonly #resyncs: Resyncs
  readonly #channels = new Map<ChannelName, Followed>()
  /** Followed channels that nobody reads, the one unused longest first. */
  readonly #idle = new Set<Channel>()

  constructor(options: FollowerOptions) {
    const { store, turns, onError } = options
    this.#options = options
    this.#store = store
    this.#wheel = options.wheel
    this.#resyncs = new Resyncs({
      turns,
      position: (channels) => store.position(channels),
      sync: (channel, info) => this.#place(channel, info),
      onError,
      failed: (channels, thrown) => this.#resyncLater(channels, thrown),
    })
    store.watch((wake) => {
      try {
        this.#wake(wake)
      } catch (thrown) {
        onError(thrown)
      }
    })
  }

  get size(): number {
    return this.#channels.size
  }

  /** The store is being asked where logs stand. */
  get asking(): boolean {
    return this.#resyncs.asking
  }

  /** Memory that all windows take, in bytes. */
  get windowBytes(): number {
    let bytes = 0
    for (const { channel } of this.#channels.values()) bytes += channel.log.windowBytes
    return bytes
  }

  /** Follows the channel until the hold is released and nobody reads it any more. @throws AnywireError `too-many` */
  hold(name: ChannelName): Held {
    const followed = this.#channels.get(name) ?? this.#follow(name)
    const { channel, following } = followed
    followed.holds++
    this.#idle.delete(channel)
    const release = () => {
      followed.holds--
      this.rest(channel)
    }
    return { channel, following, release }
  }

  /** If nobody reads or holds the channel, it is let go of after a while. */
  rest(channel: Channel): void {
    const followed = this.#channels.get(channel.name)
    if (followed?.channel !== channel || followed.holds > 0 || channel.size > 0) return
    this.#idle.add(channel)
    this.#wheel.schedule(followed.linger, lingerMs)
  }

  /** Asks the store anew where the log stands. Wake-ups wait until it has answered. */
  resync(channel: Channel): void {
    channel.log.unplace()
    this.#resyncs.add(channel)
  }

  /** Ends all following: the store is closed next, and one that outlives this hub may have been given to another. */
  close(): void {
    for (const { alive, linger } of this.#channels.values()) {
      this.#wheel.cancel(alive)
      this.#wheel.cancel(linger)
    }
    this.#channels.clear()
    this.#idle.clear()
  }

  #follow(name: ChannelName): Followed {
    this.#makeRoom()
    const channel = this.#options.create(name)
    const alive = timed(() => this.#keepAlive(channel))
    const linger = timed(() => this.#unfollow(channel))
    const followed: Followed = { channel, following: undefined, holds: 0, alive, linger }
    followed.following = this.#begin(followed)
    followed.following.catch(() => {
      if (this.#channels.get(name) === followed) this.#channels.delete(name)
    })
    this.#channels.set(name, followed)
    return followed
  }

  async #begin(followed: Followed): Promise<void> {
    const { channel } = followed
    await this.#store.follow(channel.name)
    try {
      const isNewest = this.#resyncs.asks(channel)
      const info = await this.#options.reads.info(channel.name)
      // Otherwise a newer answer is on its way.
      if (isNewest()) this.#place(channel, info)
    } catch (thrown) {
      this.#store.unfollow(channel.name)
      throw thrown
    }
    followed.following = undefined
  }

  /** @throws AnywireError `too-many` if one channel more is one too many. A channel that nobody reads any more makes room. */
  #makeRoom(): void {
    const { channelsFollowed } = this.#options.limits
    if (this.#channels.size < channelsFollowed) return
    const [idle] = this.#idle
    if (idle === undefined) {
      const sentence = `This server already follows ${channelsFollowed} channels (the limit "channelsFollowed"); try again later.`
      throw new AnywireError('too-many', sentence, { details: { retryMs: retryMs() } })
    }
    this.#unfollow(idle)
  }

  #unfollow(channel: Channel): void {
    const followed = this.#channels.get(channel.name)
    if (followed?.channel !== channel || followed.holds > 0 || channel.size > 0) return
    this.#channels.delete(channel.name)
    this.#idle.delete(channel)
    this.#wheel.cancel(followed.alive)
    this.#wheel.cancel(followed.linger)
    this.#store.unfollow(channel.name)
  }

  #place(channel: Channel, info: ChannelInfo | 'gone'): void {
    channel.place(
      info === 'gone' ? { exists: false, contentType: undefined, earliest: '', head: '', closed: false } : info,
    )
    const alive = this.#channels.get(channel.name)?.alive
    const { ttlSeconds } = channel.log
    if (ttlSeconds !== undefined && alive?.tick === 0) this.#renewLater(ttlSeconds, alive)
  }

  #wake(wake: Wake): void {
    if (wake.kind !== 'discontinuity') this.#channels.get(wake.channel)?.channel.wake(wake)
    else for (const { channel } of this.#channels.values()) this.resync(channel)
  }

  #resyncLater(channels: readonly Channel[], thrown: unknown): void {
    this.#options.onError(thrown)
    const again = () => {
      for (const channel of channels) if (this.#channels.get(channel.name)?.channel === channel) this.resync(channel)
    }
    this.#wheel.schedule(timed(again), againMs)
  }

  /** A live reader renews the TTL, as a read does. */
  #keepAlive(channel: Channel): void {
    const followed = this.#channels.get(channel.name)
    const { ttlSeconds } = channel.log
    if (ttlSeconds === undefined || followed === undefined) return
    if (channel.size > 0) this.#store.touch(channel.name)
    this.#renewLater(ttlSeconds, followed.alive)
  }

  #renewLater(ttlSeconds: number, alive: Timed): void {
    this.#wheel.schedule(alive, Math.max(200, (ttlSeconds * 1000) / 3))
  }
}
