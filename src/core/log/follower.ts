/** The follower: which channels this node follows, until when, and where the store says they stand. */
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Limits } from '../limits.js'
import type { Meter } from '../meter.js'
import { ownChannels } from '../own-channels.js'
import type { Channel } from '../reading/channel.js'
import type { ChannelInfo, Store, Wake } from '../store.js'
import type { Turns } from '../turns.js'
import { timed, type Wheel } from '../wheel.js'
import { Alive } from './alive.js'
import type { Followed, Held } from './followed.js'
import type { Policies } from './policies.js'
import type { Reads } from './reads.js'
import { Resyncs } from './resyncs.js'
import { Rounds } from './rounds.js'
import { UnknownPlaces } from './unknown-places.js'

export interface FollowerOptions {
  readonly store: Store
  readonly limits: Limits
  readonly reads: Reads
  readonly policies: Policies
  readonly wheel: Wheel
  readonly turns: Turns
  readonly meter: Meter
  readonly create: (name: ChannelName) => Channel
  /** The store of a channel that is read is away, or back. */
  readonly away: (channel: Channel, away: boolean) => void
  readonly onError: (thrown: unknown) => void
}

/** A channel without readers is followed for so long, since those who poll come back. */
const lingerMs = 5_000
/** When somebody who was refused for lack of room may try again: spread, so that not all come at once. */
export const retryMs = () => 1_000 + Math.round(Math.random() * 4_000)

/** Of a channel that is deleted and kept for its forks nothing can be read. */
const goneInfo: ChannelInfo = { exists: false, contentType: undefined, earliest: '', head: '', closed: false }

export class Follower {
  readonly #options: FollowerOptions
  readonly #store: Store
  readonly #wheel: Wheel
  readonly #resyncs: Resyncs
  readonly #channels = new Map<ChannelName, Followed>()
  /** Followed channels that nobody reads, the one unused longest first. */
  readonly #idle = new Set<Channel>()
  readonly #rounds: Rounds
  readonly #unknown: UnknownPlaces

  constructor(options: FollowerOptions) {
    const { store, turns, onError } = options
    this.#options = options
    this.#store = store
    this.#wheel = options.wheel
    this.#resyncs = new Resyncs({
      turns,
      position: (channels) => store.position(channels),
      sync: (channel, info) => this.#place(channel, info),
      checked: (channel, info) => this.#checked(channel, info),
      onError,
      failed: (channels, thrown) => this.#failed(channels, thrown),
    })
    this.#rounds = new Rounds({
      wheel: this.#wheel,
      followed: this.#channels,
      check: (channels) => this.#resyncs.check(channels),
    })
    this.#unknown = new UnknownPlaces(this.#wheel, (channel) => {
      const followed = this.#followedOf(channel)
      if (followed) this.resync(channel)
      return followed !== undefined
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

  *channels(): Generator<Channel> {
    for (const { channel } of this.#channels.values()) yield channel
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

  /** The store has failed somewhere: looks at all channels. */
  doubt(): void {
    if (this.#unknown.size === 0) this.#resyncs.check([...this.#channels.values()].map(({ channel }) => channel))
  }

  /** Ends all following: the store is closed next, and one that outlives this hub may have been given to another. */
  close(): void {
    for (const { alive, linger } of this.#channels.values()) {
      alive.end()
      this.#wheel.cancel(linger)
    }
    this.#rounds.end()
    this.#unknown.end()
    this.#channels.clear()
    this.#idle.clear()
  }

  #follow(name: ChannelName): Followed {
    if (!isOwn(name)) this.#makeRoom()
    const { create, reads } = this.#options
    const channel = create(name)
    const alive = new Alive(channel, this.#wheel, (touched) => reads.touches.add(touched))
    const linger = timed(() => this.#unfollow(channel))
    const followed: Followed = {
      channel,
      following: undefined,
      placed: undefined,
      holds: 0,
      alive,
      away: false,
      linger,
    }
    followed.following = this.#begin(followed)
    followed.following.catch(() => {
      if (this.#channels.get(name) === followed) this.#channels.delete(name)
    })
    this.#channels.set(name, followed)
    this.#rounds.begin()
    return followed
  }

  async #begin(followed: Followed): Promise<void> {
    const { channel } = followed
    await this.#store.follow(channel.name)
    try {
      await new Promise<void>((resolve, reject) => {
        followed.placed = { resolve, reject }
        this.#resyncs.add(channel)
      })
    } catch (thrown) {
      this.#store.unfollow(channel.name)
      throw thrown
    }
    followed.following = undefined
  }

  /**
   * @throws AnywireError `too-many` if one channel more is one too many. A channel that nobody reads any more makes
   * room.
   */
  #makeRoom(): void {
    const { channelsFollowed } = this.#options.limits
    const own = ownChannels.filter((name) => this.#channels.has(name)).length
    if (this.#channels.size - own < channelsFollowed) return
    const [idle] = this.#idle
    if (idle === undefined) {
      throw new AnywireError(
        'too-many',
        `This server already follows ${channelsFollowed} channels (the limit "channelsFollowed"); try again later.`,
        { details: { retryMs: retryMs() } },
      )
    }
    this.#unfollow(idle)
  }

  #unfollow(channel: Channel): void {
    const followed = this.#channels.get(channel.name)
    if (followed?.channel !== channel || followed.holds > 0 || channel.size > 0) return
    this.#channels.delete(channel.name)
    this.#idle.delete(channel)
    followed.alive.end()
    this.#wheel.cancel(followed.linger)
    if (this.#channels.size === 0) this.#rounds.end()
    this.#store.unfollow(channel.name)
  }

  #place(channel: Channel, info: ChannelInfo | 'gone'): void {
    const followed = this.#followedOf(channel)
    if (!followed) return
    this.#unknown.delete(channel)
    channel.place(info === 'gone' ? goneInfo : info)
    this.#isAway(followed, false)
    if (info !== 'gone') this.#options.policies.found(channel.name, info)
    followed.alive.begin()
    followed.placed?.resolve()
    followed.placed = undefined
  }

  /**
   * What was only looked at is asked for its place if it stands elsewhere than we think, unless wake-ups have been
   * faster than the answer.
   */
  #checked(channel: Channel, info: ChannelInfo | 'gone'): void {
    const { log } = channel
    if (!log.ready || !this.#followedOf(channel)) return
    const { exists, head, closed } = info === 'gone' ? goneInfo : info
    const same = head === log.head && exists === log.exists && closed === log.closed
    if (same || (exists && head < log.head && log.knows(head))) return
    this.#options.meter.wakeUpLost()
    this.resync(channel)
  }

  #followedOf(channel: Channel): Followed | undefined {
    const followed = this.#channels.get(channel.name)
    return followed?.channel === channel ? followed : undefined
  }

  #wake(wake: Wake): void {
    if (wake.kind !== 'discontinuity') return this.#channels.get(wake.channel)?.channel.wake(wake)
    const { covers } = wake
    for (const { channel } of this.#channels.values()) if (!covers || covers(channel.name)) this.resync(channel)
  }

  /** It is not known where these stand: they are asked for it until it is. Who waits to begin reading is told. */
  #failed(channels: readonly Channel[], thrown: unknown): void {
    this.#options.onError(thrown)
    for (const channel of channels) {
      const followed = this.#followedOf(channel)
      followed?.placed?.reject(thrown)
      if (!followed || followed.placed) continue
      this.#isAway(followed, true)
      this.resyncLater(channel)
    }
  }

  /** Asks where the log stands in a while, and again until the store can say. */
  resyncLater(channel: Channel): void {
    this.#unknown.add(channel)
  }

  #isAway(followed: Followed, away: boolean): void {
    if (followed.away === away) return
    followed.away = away
    this.#options.away(followed.channel, away)
  }
}

/** The hub needs them, however many channels its clients read. */
function isOwn(name: ChannelName): boolean {
  return (ownChannels as readonly string[]).includes(name)
}
