/** Replicas that are kept while they are used and for a while after, as far as there is room. */
import { type Timed, timed, type Wheel } from '../../core/wheel.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Replica } from './replica.js'

/** A replica that nobody uses is kept for so long. */
const keptMs = 30_000
/** Replicas that nobody uses, at most: an empty one takes some kilobytes too. */
const maxIdle = 1_000

interface Kept {
  readonly replica: Replica
  readonly forget: Timed
  users: number
  /** Its bytes as they are counted. */
  bytes: number
}

export interface ReplicaCacheOptions {
  readonly wheel: Wheel
  readonly make: (channel: ChannelName) => Replica
  /** Bytes of all together, beyond which those that nobody uses are let go of. */
  readonly maxBytes: number
}

export class ReplicaCache {
  readonly #options: ReplicaCacheOptions
  /** The one used last is the last. */
  readonly #kept = new Map<ChannelName, Kept>()
  #bytes = 0

  constructor(options: ReplicaCacheOptions) {
    this.#options = options
  }

  /** Replicas that are kept. */
  get size(): number {
    return this.#kept.size
  }

  async use<T>(channel: ChannelName, work: (replica: Replica) => Promise<T>): Promise<T> {
    const kept = this.#kept.get(channel) ?? this.#add(channel)
    kept.users++
    this.#options.wheel.cancel(kept.forget)
    this.#kept.delete(channel)
    this.#kept.set(channel, kept)
    try {
      return await work(kept.replica)
    } finally {
      kept.users--
      this.#bytes += kept.replica.bytes - kept.bytes
      kept.bytes = kept.replica.bytes
      if (kept.users === 0) this.#options.wheel.schedule(kept.forget, keptMs)
      this.#trim()
    }
  }

  #add(channel: ChannelName): Kept {
    const kept: Kept = {
      replica: this.#options.make(channel),
      forget: timed(() => this.#forget(channel, kept)),
      users: 0,
      bytes: 0,
    }
    return kept
  }

  #forget(channel: ChannelName, { replica, forget, bytes }: Kept): void {
    this.#options.wheel.cancel(forget)
    this.#kept.delete(channel)
    this.#bytes -= bytes
    replica.close()
  }

  /** Those that were used longest ago go first. */
  #trim(): void {
    for (const [channel, kept] of this.#kept) {
      if (this.#bytes <= this.#options.maxBytes && this.#kept.size <= maxIdle) return
      if (kept.users === 0) this.#forget(channel, kept)
    }
  }
}
