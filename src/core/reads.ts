/** Reads of the store: few at once per hub, and one for all lagging readers who want the same page. */
import type { ChannelName } from '../protocol/name.js'
import type { Offset, Position } from '../protocol/offset.js'
import type { Limit, ReadResult, Store } from './store.js'

/** A snapshot under way: `after` is the last message delivered, `until` the head when it began. */
export interface SnapshotPlace {
  readonly after: Offset | undefined
  readonly until: Offset | undefined
}

export class Reads {
  readonly #store: Store
  readonly #atOnce: number
  readonly #pending = new Map<string, Promise<ReadResult>>()
  readonly #queue: (() => void)[] = []
  #running = 0

  constructor(store: Store, atOnce: number) {
    this.#store = store
    this.#atOnce = atOnce
  }

  /** Reads under way and waiting. */
  get pending(): number {
    return this.#pending.size
  }

  /** A read that begins now, so that it holds whatever was acknowledged before. */
  fresh(channel: ChannelName, position: Position, limit: Limit): Promise<ReadResult> {
    return this.run(() => this.#store.read(channel, position, limit))
  }

  /** A read that may have begun a moment ago for someone else: for readers who are woken when the log grows. */
  shared(channel: ChannelName, position: Position, limit: Limit): Promise<ReadResult> {
    return this.share(`${spell(position)} ${limit.bytes} ${limit.messages} ${channel}`, () =>
      this.#store.read(channel, position, limit),
    )
  }

  snapshot(channel: ChannelName, place: SnapshotPlace, limit: Limit): Promise<ReadResult> {
    return this.share(`snapshot ${place.after} ${place.until} ${limit.bytes} ${channel}`, () =>
      this.#store.snapshot(channel, place.after, place.until, limit),
    )
  }

  private share(key: string, read: () => Promise<ReadResult>): Promise<ReadResult> {
    const known = this.#pending.get(key)
    if (known) return known
    const page = this.run(read).finally(() => this.#pending.delete(key))
    this.#pending.set(key, page)
    return page
  }

  private async run(read: () => Promise<ReadResult>): Promise<ReadResult> {
    if (this.#running >= this.#atOnce) await new Promise<void>((resolve) => this.#queue.push(resolve))
    else this.#running++
    try {
      return await read()
    } finally {
      const next = this.#queue.shift()
      if (next) next()
      else this.#running--
    }
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
