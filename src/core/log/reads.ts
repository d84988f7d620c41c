/** Reads of the store: few at once per hub, and one for all lagging readers who want the same page. */
import type { ChannelName } from '../../protocol/name.js'
import type { Offset, Position } from '../../protocol/offset.js'
import { Deadlines } from '../deadlines.js'
import { Pending } from '../pending.js'
import type { ChannelInfo, Limit, ReadResult, Store } from '../store.js'
import { storeDown } from '../store-down.js'
import { infoOf } from '../store-info.js'
import { Touches } from './touches.js'

/** A snapshot under way: `after` is the last message delivered, `until` the head when it began. */
export interface SnapshotPlace {
  readonly after: Offset | undefined
  readonly until: Offset | undefined
}

export class Reads {
  readonly touches: Touches
  readonly #store: Store
  readonly #atOnce: number
  readonly #pending = new Map<string, Promise<ReadResult>>()
  readonly #queue = new Set<() => void>()
  readonly #waiting: Deadlines
  readonly #reading = new Pending()
  #running = 0

  /** `waitMs`: how long a read may wait for its turn. */
  constructor(store: Store, atOnce: number, waitMs: number) {
    this.#store = store
    this.#atOnce = atOnce
    this.touches = new Touches(store)
    this.#waiting = new Deadlines(waitMs, () =>
      storeDown(
        new Error(`A read of the store waited ${waitMs} ms for others (the limits "storeMs" and "readsAtOnce").`),
      ),
    )
  }

  /** Reads under way and waiting. */
  get pending(): number {
    return this.#pending.size
  }

  /** A read that begins now, so that it contains everything acknowledged before. `renews`: it renews the TTL. */
  async fresh(channel: ChannelName, position: Position, limit: Limit, renews = true): Promise<ReadResult> {
    const result = await this.run(() => this.#store.read(channel, position, limit))
    return renews ? this.#used(channel, result) : result
  }

  /** A read that may be shared with one that began a moment ago: for readers that are notified when the log grows. */
  shared(channel: ChannelName, position: Position, limit: Limit): Promise<ReadResult> {
    return this.share(channel, `${spell(position)} ${limit.bytes} ${limit.messages} ${channel}`, () =>
      this.#store.read(channel, position, limit),
    )
  }

  snapshot(channel: ChannelName, place: SnapshotPlace, limit: Limit): Promise<ReadResult> {
    return this.share(channel, `snapshot ${place.after} ${place.until} ${limit.bytes} ${channel}`, () =>
      this.#store.snapshot(channel, place.after, place.until, limit),
    )
  }

  /** What is known of a channel now. */
  info(channel: ChannelName): Promise<ChannelInfo | 'gone'> {
    return infoOf(this.#store, channel)
  }

  /** A page that was read renews the TTL of its channel. */
  #used(channel: ChannelName, result: ReadResult): ReadResult {
    if (result.kind === 'page' && result.info.ttlSeconds !== undefined) this.touches.add(channel)
    return result
  }

  private share(channel: ChannelName, key: string, read: () => Promise<ReadResult>): Promise<ReadResult> {
    const known = this.#pending.get(key)
    if (known) return known
    const page = this.run(read)
      .then((result) => this.#used(channel, result))
      .finally(() => this.#pending.delete(key))
    this.#pending.set(key, page)
    return page
  }

  /** Resolves when no read is under way or waits for its turn. */
  idle(): Promise<void> {
    return this.#reading.idle()
  }

  private run(read: () => Promise<ReadResult>): Promise<ReadResult> {
    return this.#reading.track(this.inTurn(read))
  }

  private async inTurn(read: () => Promise<ReadResult>): Promise<ReadResult> {
    if (this.#running >= this.#atOnce) await this.turn()
    else this.#running++
    try {
      return await read()
    } finally {
      const [next] = this.#queue
      if (next) next()
      else this.#running--
    }
  }

  /** Waits until another read is done. A read that has waited too long fails and leaves the queue. */
  private turn(): Promise<void> {
    let take = () => {}
    const turn = new Promise<void>((resolve) => {
      take = () => {
        this.#queue.delete(take)
        resolve()
      }
      this.#queue.add(take)
    })
    return this.#waiting.within(turn, (thrown) => {
      this.#queue.delete(take)
      throw thrown
    })
  }
}

function spell(position: Position): string {
  switch (position.kind) {
    case 'at':
      return position.offset
    case 'last':
      return `last-${position.count}`
    default:
      return position.kind
  }
}
