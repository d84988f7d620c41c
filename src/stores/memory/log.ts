/** One channel's log in memory: messages, retention, the newest message of each key, producers. */
import type { ChannelConfig, ChannelInfo, NewMessage, Policy, Producer } from '../../core/store.js'
import type { Message } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { mintOffset, numberOf, type Offset } from '../../protocol/offset.js'
import { type Existing, keyEffect, mintWhen } from '../rules/append.js'
import type { Created, Origin } from '../rules/config.js'
import type { Kept } from './read.js'
import { Ring } from './ring.js'
import type { Tombstone } from './tombstones.js'
import { sizeOf, textWeight } from './weight.js'

/**
 * What holding a message, a channel or a producer takes besides its bytes and texts. Estimates, so that `maxBytes`
 * bounds memory also when messages are tiny.
 */
const messageOverhead = 256
const channelOverhead = 1_024
const producerOverhead = 192
/** Changes of the keys for which one iterator serves. */
const iteratorLife = 1_000

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
  producers: Map<string, Producer> | undefined
  /** The newest message of each key, in order of last update. Undefined: the channel has none. */
  keys: Map<string, Message> | undefined
  /**
   * Stands before the oldest key while keys are forgotten for their number: a new iterator would pass all forgotten
   * ones again. Given up after some changes, as a Map keeps for an iterator all that it has held since.
   */
  #oldestKeys: Iterator<string, undefined> | undefined
  #changesLeft = 0
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
  /** Of all messages held, those of `keys` alone, and all producers. */
  #held = 0
  #keyed = 0
  #producing = 0
  #number: number
  /**
   * When messages came: per millisecond the number of the last one, as offsets may run ahead of the clock. Only for
   * retention by age.
   */
  #ages: Ring<{ readonly at: number; number: number }> | undefined

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
    this.keys = config.maxKeys === undefined ? undefined : new Map()
    this.#ages = config.retain.ageMs === null ? undefined : new Ring()
  }

  get config(): ChannelConfig {
    return this.#config
  }

  /** Keeps itself by another policy from now on. What that no longer covers, `retain` lets go of. */
  configure(policy: Policy, now: number): void {
    const { retain, maxKeys } = policy
    this.#config = { ...this.#config, retain, maxKeys }
    this.#policy = policy
    if (retain.ageMs === null) this.#ages = undefined
    else if (!this.#ages) {
      this.#ages = new Ring()
      // When they really came is not known any more.
      if (this.messages.length > 0) this.#markAge(now)
    }
    if (maxKeys === undefined) this.#forgetKeys()
    else if (!this.keys) this.#findKeys()
    else while (this.keys.size > maxKeys) this.#forget(this.#oldestKey())
    this.retain(now)
  }

  /** What a producer stored last. */
  lastOf(producer: string): Producer | undefined {
    return this.producers?.get(producer)
  }

  /**
   * Stores messages that share one "when": the later of now and the previous one, plus `step`. Answers them as stored.
   */
  append(news: readonly NewMessage[], now: number, step: number): Message[] {
    if (news.length === 0) return []
    this.micros = mintWhen(now, this.micros, step)
    const stored = news.map((message) => this.#add(message))
    this.#markAge(now)
    return stored
  }

  /** Takes over a message of the log that this one is forked from, with its offset. */
  inherit(message: Message, now: number): void {
    this.#number = numberOf(message.offset)
    this.#push(message)
    this.#markAge(now)
  }

  /** Takes over what the source of a fork keeps of a key beyond its retention. */
  inheritKey(message: Message): void {
    if (!this.keys || message.key === undefined) return
    this.#held += weightOf(message)
    this.#remember(message)
  }

  /** What the log holds in bytes, overheads included. */
  get weight(): number {
    return this.#overhead + this.#held + this.#producing
  }

  /** What of it stays as long as the log does: retention and `trim` cannot give it back. */
  get pinned(): number {
    return this.#overhead + this.#keyed
  }

  /** Nothing would be lost with it but its time of last use. */
  get empty(): boolean {
    const { messages, keys, producers, closed, seq } = this
    return messages.length === 0 && !keys?.size && !producers && !closed && seq === undefined
  }

  get #overhead(): number {
    return overheadOf(this.channel, this.config, this.origin) + textWeight(this.seq)
  }

  /** How much heavier `pinned` would be with these messages, at most. */
  pinning(messages: readonly NewMessage[]): number {
    if (!this.keys) return 0
    let more = 0
    for (const message of messages) {
      const replaced = message.key === undefined ? undefined : this.keys.get(message.key)
      if (message.key !== undefined && message.data !== undefined) more += weightOf(message)
      if (replaced) more -= weightOf(replaced)
    }
    return more
  }

  /**
   * Lets go of the oldest of what weighs more, messages or producers; keeps `least` messages and the newest producer.
   * False: nothing is left to give.
   */
  give(least: number): boolean {
    const messages = this.messages.length > least
    const producers = this.producers !== undefined && this.producers.size > 1
    if (producers && (!messages || this.#producing > this.#held)) this.#forgetProducer()
    else if (messages) this.trim()
    return messages || producers
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
    for (let mark = this.#ages.at(0); mark && mark.at <= now - ageMs; mark = this.#ages.at(0)) this.trim()
  }

  /** Lets the oldest message go. */
  trim(): void {
    const message = this.messages.shift()
    if (!message) return
    this.floor = message.offset
    this.#bytes -= sizeOf(message)
    if (this.#ages && this.#ages.at(0)!.number <= numberOf(message.offset)) this.#ages.shift()
    if (message.key === undefined || this.keys?.get(message.key) !== message) this.#held -= weightOf(message)
  }

  /** Remembers what a producer stored last; above `limit` the one unused longest is forgotten. */
  remember(producer: Producer, limit: number): void {
    this.producers ??= new Map()
    if (this.producers.delete(producer.id)) this.#producing -= producerWeight(producer.id)
    this.producers.set(producer.id, producer)
    this.#producing += producerWeight(producer.id)
    while (this.producers.size > limit) this.#forgetProducer()
  }

  #forgetProducer(): void {
    const id = this.producers!.keys().next().value!
    this.producers!.delete(id)
    this.#producing -= producerWeight(id)
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
    const message = { offset, previous: this.head, data: news.data, event: news.event, key: news.key }
    this.#push(message)
    return message
  }

  #push(message: Message): void {
    this.messages.push(message)
    this.head = message.offset
    this.#bytes += sizeOf(message)
    this.#held += weightOf(message)
    if (this.keys && message.key !== undefined) this.#remember(message)
  }

  #remember(message: Message): void {
    const keys = this.keys!
    this.#forget(message.key!)
    if (keyEffect(message) === 'replaces') {
      keys.set(message.key!, message)
      this.#keyed += weightOf(message)
    }
    if (--this.#changesLeft <= 0) this.#oldestKeys = undefined
    while (keys.size > this.config.maxKeys!) this.#forget(this.#oldestKey())
  }

  /** The newest of each key among the messages that are kept. */
  #findKeys(): void {
    this.keys = new Map()
    for (let index = 0; index < this.messages.length; index++) {
      const message = this.messages.at(index)!
      if (message.key !== undefined) this.#remember(message)
    }
  }

  #forgetKeys(): void {
    for (const key of this.keys?.keys() ?? []) this.#forget(key)
    this.keys = undefined
    this.#oldestKeys = undefined
  }

  #oldestKey(): string {
    if (!this.#oldestKeys) {
      this.#oldestKeys = this.keys!.keys()
      this.#changesLeft = iteratorLife
    }
    return this.#oldestKeys.next().value!
  }

  // A message that is still in the log keeps its weight until it is trimmed.
  #forget(key: string): void {
    const message = this.keys!.get(key)
    if (!message) return
    this.keys!.delete(key)
    this.#keyed -= weightOf(message)
    if (message.offset <= this.floor) this.#held -= weightOf(message)
  }

  #markAge(at: number): void {
    if (!this.#ages) return
    const newest = this.#ages.at(this.#ages.length - 1)
    if (newest && newest.at >= at) newest.number = this.#number
    else this.#ages.push({ at, number: this.#number })
  }
}

/** What a channel takes before it holds anything. */
export function overheadOf(channel: ChannelName, config: ChannelConfig, origin?: Origin): number {
  return channelOverhead + textWeight(channel) + textWeight(config.contentType) + textWeight(origin?.source)
}

function producerWeight(id: string): number {
  return producerOverhead + textWeight(id)
}

function weightOf(message: NewMessage): number {
  return messageOverhead + sizeOf(message) + textWeight(message.key) + textWeight(message.event)
}
