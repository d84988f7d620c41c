/** One channel's log in memory: messages, retention, the newest message of each key, producers. */
import type { ChannelConfig, ChannelInfo, NewMessage, Policy, Producer } from '../../core/store.js'
import type { Message } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { mintOffset, numberOf, type Offset } from '../../protocol/offset.js'
import { type Existing, mintWhen } from '../rules/append.js'
import type { Created, Origin } from '../rules/config.js'
import { Ages } from './ages.js'
import { NewestOfKeys } from './newest.js'
import { Producers } from './producers.js'
import type { Kept } from './read.js'
import { Ring } from './ring.js'
import type { Tombstone } from './tombstones.js'
import { overheadOf, sizeOf, textWeight, weightOf } from './weight.js'

export class Log implements Kept, Existing, Created {
  readonly exists = true
  readonly channel: ChannelName
  #config: ChannelConfig
  /** The part of `config` that `configure` gave last. */
  #policy: Policy
  readonly birth: Offset
  floor: Offset
  head: Offset
  /** The last microsecond minted. */
  micros: number
  readonly messages = new Ring<Message>()
  #producers: Producers | undefined
  /** Undefined: the channel has no keys. */
  #newest: NewestOfKeys | undefined
  closed = false
  /** The last `Stream-Seq`. */
  seq: string | undefined
  readonly origin: Origin | undefined
  /** Milliseconds of the last append, read or touch. */
  usedAt: number
  /** As much of `weight` and of `pinned` as the budget knows of. */
  counted = 0
  countedPinned = 0
  /** The store no longer has it. */
  dropped = false
  /** Neighbours in the order of last use. */
  older: Log | undefined
  newer: Log | undefined
  /** Payload bytes of `messages`. */
  #bytes = 0
  /** Of all messages held. */
  #held = 0
  #number: number
  /** Only for retention by age. */
  #ages: Ages | undefined

  constructor(channel: ChannelName, config: ChannelConfig, past: Tombstone, now: number, origin?: Origin) {
    this.channel = channel
    this.#config = config
    this.#policy = config
    this.origin = origin
    this.birth = past.birth
    this.floor = past.floor
    this.head = past.floor
    this.micros = past.micros
    this.#number = numberOf(past.floor)
    this.usedAt = now
    this.#newest = config.maxKeys === undefined ? undefined : this.#newestOfKeys()
    this.#ages = config.retain.ageMs === null ? undefined : new Ages()
  }

  get config(): ChannelConfig {
    return this.#config
  }

  /** The newest message of each key, in order of last update. Undefined: the channel has none. */
  get keys(): ReadonlyMap<string, Message> | undefined {
    return this.#newest?.messages
  }

  /** Keeps itself by another policy from now on. What that no longer covers, `retain` lets go of. */
  configure(policy: Policy, now: number): void {
    const { retain, maxKeys } = policy
    this.#config = { ...this.#config, retain, maxKeys }
    this.#policy = policy
    if (retain.ageMs === null) this.#ages = undefined
    else if (!this.#ages) {
      this.#ages = new Ages()
      // When they really came is not known any more.
      if (this.messages.length > 0) this.#ages.mark(now, this.#number)
    }
    if (maxKeys === undefined) {
      this.#newest?.keep(0)
      this.#newest = undefined
    } else if (this.#newest) this.#newest.keep(maxKeys)
    else this.#findKeys(maxKeys)
    this.retain(now)
  }

  /** What a producer stored last. */
  lastOf(producer: string): Producer | undefined {
    return this.#producers?.of(producer)
  }

  /**
   * Stores messages that share one "when": the later of now and the previous one, plus `step`. Answers them as stored.
   */
  append(news: readonly NewMessage[], now: number, step: number): Message[] {
    if (news.length === 0) return []
    this.micros = mintWhen(now, this.micros, step)
    const stored = news.map((message) => this.#add(message))
    this.#ages?.mark(now, this.#number)
    return stored
  }

  /** Takes over a message of the log that this one is forked from, with its offset. */
  inherit(message: Message, now: number): void {
    this.#number = numberOf(message.offset)
    this.#push(message)
    this.#ages?.mark(now, this.#number)
  }

  /** Takes over what the source of a fork keeps of a key beyond its retention. */
  inheritKey(message: Message): void {
    const { maxKeys } = this.config
    if (!this.#newest || maxKeys === undefined || message.key === undefined) return
    this.#held += weightOf(message)
    this.#newest.remember(message, maxKeys)
  }

  /** What the log holds in bytes, overheads included. */
  get weight(): number {
    return this.#overhead + this.#held + (this.#producers?.weight ?? 0)
  }

  /** What of it stays as long as the log does: retention and `trim` cannot give it back. */
  get pinned(): number {
    return this.#overhead + (this.#newest?.weight ?? 0)
  }

  /** Nothing would be lost with it but its time of last use. */
  get empty(): boolean {
    const { messages, keys, closed, seq } = this
    return messages.length === 0 && !keys?.size && !this.#producers && !closed && seq === undefined
  }

  get #overhead(): number {
    return overheadOf(this.channel, this.config, this.origin) + textWeight(this.seq)
  }

  /** How much heavier `pinned` would be with these messages, at most. */
  pinning(messages: readonly NewMessage[]): number {
    return this.#newest?.pinning(messages) ?? 0
  }

  /**
   * Lets go of the oldest of what weighs more, messages or producers; keeps `least` messages and the newest producer.
   * False: nothing is left to give.
   */
  give(least: number): boolean {
    const messages = this.messages.length > least
    const producers = this.#producers && this.#producers.size > 1 ? this.#producers : undefined
    if (producers && (!messages || producers.weight > this.#held)) producers.forgetOldest()
    else if (messages) this.trim()
    return messages || producers !== undefined
  }

  /** Trims what the retention does not cover. The newest message is not trimmed for its size. */
  retain(now: number): void {
    const { messages, bytes } = this.config.retain
    if (messages !== null) while (this.messages.length > messages) this.trim()
    if (bytes !== null) while (this.#bytes > bytes && this.messages.length > 1) this.trim()
    this.retainByAge(now)
  }

  retainByAge(now: number): void {
    const { ageMs } = this.config.retain
    if (ageMs === null || !this.#ages) return
    while (this.#ages.oldestIsBefore(now - ageMs)) this.trim()
  }

  /** Lets the oldest message go. */
  trim(): void {
    const message = this.messages.shift()
    if (!message) return
    this.floor = message.offset
    this.#bytes -= sizeOf(message)
    this.#ages?.trimmed(numberOf(message.offset))
    if (message.key === undefined || this.keys?.get(message.key) !== message) this.#held -= weightOf(message)
  }

  /** Remembers what a producer stored last; above `limit` the one unused longest is forgotten. */
  remember(producer: Producer, limit: number): void {
    this.#producers ??= new Producers()
    this.#producers.remember(producer, limit)
  }

  get contentType(): string {
    return this.config.contentType
  }

  get info(): ChannelInfo {
    const { contentType, ttlSeconds, expiresAt } = this.config
    const { floor: earliest, head, closed } = this
    return { exists: true, contentType, earliest, head, closed, ttlSeconds, expiresAt, policy: this.#policy }
  }

  #add(news: NewMessage): Message {
    const offset = mintOffset(this.micros, ++this.#number)
    const { data, event, key, traceparent } = news
    const message = { offset, previous: this.head, data, event, key, ...(traceparent && { traceparent }) }
    this.#push(message)
    return message
  }

  #push(message: Message): void {
    this.messages.push(message)
    this.head = message.offset
    this.#bytes += sizeOf(message)
    this.#held += weightOf(message)
    const { maxKeys } = this.#config
    if (this.#newest && maxKeys !== undefined) this.#newest.remember(message, maxKeys)
  }

  /** The newest of each key among the messages that are kept. */
  #findKeys(maxKeys: number): void {
    this.#newest = this.#newestOfKeys()
    for (let index = 0; index < this.messages.length; index++) this.#newest.remember(this.messages.get(index), maxKeys)
  }

  // A message that is still in the log keeps its weight until it is trimmed.
  #newestOfKeys(): NewestOfKeys {
    return new NewestOfKeys((message) => {
      if (message.offset <= this.floor) this.#held -= weightOf(message)
    })
  }
}
