/** A document as its channel has it: the updates that are kept, and what they make together in the thread. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Limit, ReadResult, Store } from '../../core/store.js'
import type { Message } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Offset } from '../../protocol/offset.js'
import type { Tried, UpdateLimits } from './replicas.js'
import type { ReplicaThread } from './thread.js'

/** How often, and how often at most, it is looked whether what was tried has come into the log. */
const lookMs = 25
const looks = 40
/** Insertions in what a reader answers who is asked for all that it has. */
const readerStructs = 1_000

export interface ReplicaOptions {
  readonly thread: ReplicaThread
  readonly store: Pick<Store, 'read' | 'snapshot'>
  readonly channel: ChannelName
  readonly page: Limit
  readonly limits: UpdateLimits
}

export class Replica {
  /** By key. */
  readonly updates = new Map<string, Uint8Array>()
  /** What they take together. */
  bytes = 0
  readonly #options: ReplicaOptions
  #id: number
  #threads: number
  /** Keys of what the thread has applied and the log has not shown yet. */
  readonly #tried = new Set<string>()
  #position: Offset | undefined
  #turn: Promise<void> = Promise.resolve()

  constructor(options: ReplicaOptions) {
    this.#options = options
    this.#id = options.thread.hold()
    this.#threads = options.thread.ended
  }

  /** Reads on to the head. @throws what the store throws. */
  refresh(): Promise<void> {
    const turn = this.#turn.then(() => this.#read())
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  /**
   * Applies an update that is about to be stored under this key. Beyond `most` bytes only what deletes: there is no
   * other way to make room.
   */
  async try(update: Uint8Array, key: string, most: number): Promise<Tried> {
    await this.refresh()
    const { thread, limits } = this.#options
    const id = this.#id
    const tried = await thread.try(id, update, limits, this.bytes + update.length > most)
    if (id === this.#id && 'lost' in tried && tried.lost) this.#reset()
    if (id === this.#id && tried.kind === 'new') this.#tried.add(key)
    // It may be there only because it was tried before, and then not stored.
    if (tried.kind !== 'nothing' || this.#tried.size === 0) return tried
    await this.#settled()
    return this.try(update, key, most)
  }

  /** What of an update the document can take; undefined if nothing. */
  async part(update: Uint8Array): Promise<Uint8Array | undefined> {
    await this.#settled()
    return this.#options.thread.part(this.#id, update, this.#options.limits)
  }

  /**
   * Whether the document holds all that an update of a reader says: deletions, and what came since it was asked. More
   * insertions are not looked at.
   */
  async contains(update: Uint8Array): Promise<boolean> {
    await this.#settled()
    const { thread, limits } = this.#options
    return thread.contains(this.#id, update, { ...limits, structs: Math.min(limits.structs, readerStructs) })
  }

  /** What a client need not send. */
  async stateVector(): Promise<Uint8Array> {
    await this.#settled()
    return this.#options.thread.stateVector(this.#id)
  }

  close(): void {
    this.#options.thread.release(this.#id)
  }

  /**
   * Resolves when the thread holds what the log holds, and nothing else: what was tried is stored, or is taken out
   * again.
   */
  async #settled(): Promise<void> {
    await this.refresh()
    const awaited = [...this.#tried]
    for (let look = 0; awaited.some((key) => this.#tried.has(key)); look++) {
      if (look === looks) this.#reset()
      else await delay(look === 0 ? 0 : lookMs)
      await this.refresh()
    }
  }

  async #read(): Promise<void> {
    const { thread, store, channel, page: limit } = this.#options
    if (this.#threads !== thread.ended) this.#reset()
    while (this.#position !== undefined) {
      const page = await store.read(channel, { kind: 'at', offset: this.#position }, limit)
      if (page.kind !== 'page') this.#reset()
      else if (await this.#take(page)) return
    }
    let after: Offset | undefined
    let until: Offset | undefined
    for (;;) {
      const page = await store.snapshot(channel, after, until, limit)
      if (page.kind === 'gone') return
      if (page.kind === 'gap') {
        this.#reset()
        after = until = undefined
      } else {
        until ??= page.info.head
        if (await this.#take(page)) return
        after = page.to
      }
    }
  }

  /** Answers whether that was all. A snapshot is not a position before it is complete. */
  async #take(page: Extract<ReadResult, { kind: 'page' }>): Promise<boolean> {
    const news = page.messages.flatMap((message) => this.#add(message) ?? [])
    const reading = this.#position === undefined
    if (!reading || page.upToDate) this.#position = page.to
    if (news.length > 0 || (reading && page.upToDate)) await this.#options.thread.add(this.#id, news, page.upToDate)
    return page.upToDate
  }

  /** Answers what the thread does not have. */
  #add({ key, data }: Message): Uint8Array | undefined {
    if (key === undefined) return undefined
    this.bytes -= this.updates.get(key)?.length ?? 0
    this.updates.delete(key)
    if (data === undefined) return undefined
    this.updates.set(key, data)
    this.bytes += data.length
    return this.#tried.delete(key) ? undefined : data
  }

  #reset(): void {
    const { thread } = this.#options
    thread.release(this.#id)
    this.#id = thread.hold()
    this.#threads = thread.ended
    this.#tried.clear()
    this.#position = undefined
    this.updates.clear()
    this.bytes = 0
  }
}
