/** One channel's log on disk, within a commit: messages, retention, the newest message of each key, producers. */
import type { NewMessage, Policy, Producer } from '../../core/store.js'
import type { Message } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { type Existing, keyEffect, mintWhen } from '../rules/append.js'
import type { Created } from '../rules/config.js'
import { type DiskEngine, format } from './engine.js'
import { keyText } from './key-text.js'
import { Place } from './place.js'
import type { ChannelRecord, ProducerRecord } from './record.js'
import { step } from './step.js'
import { decodeMessage, encodeMessage, type MessageBody, present, type Stored, sizeOf, weightOf } from './stored.js'

/** What stands in the index of a log, before what it is about. */
export const indexed = { key: 1, order: 2, producer: 3, use: 4 } as const
/** Messages that are swept away with an append, at least; the rest goes with the next ones. */
const sweptAtOnce = 64
/** Messages that are trimmed in one commit of a channel, at most. */
const trimmedAtOnce = 2_000

export class DiskLog implements Existing, Created {
  readonly exists = true
  readonly channel: ChannelName
  readonly record: ChannelRecord
  readonly #engine: DiskEngine

  constructor(engine: DiskEngine, channel: ChannelName, record: ChannelRecord) {
    this.#engine = engine
    this.channel = channel
    this.record = record
  }

  get head() {
    return this.record.head.offset
  }
  get closed() {
    return this.record.closed
  }
  get contentType() {
    return this.record.config.contentType
  }
  get config() {
    return this.record.config
  }
  get origin() {
    return this.record.origin
  }
  get seq() {
    return this.record.seq
  }

  /** Nothing would be lost with it but the time of its last use. */
  get empty(): boolean {
    const { floor, head, keys, producers, closed, seq } = this.record
    return floor.number === head.number && keys === 0 && producers === 0 && !closed && seq === undefined
  }

  lastOf(producer: string): Producer | undefined {
    const last = this.#index<ProducerRecord>(indexed.producer, keyText(producer))
    return last && { id: producer, epoch: last.epoch, seq: last.seq }
  }

  /** Stores messages that share one *when*. Answers them as they are read. */
  append(news: readonly NewMessage[], now: number): Message[] {
    const { record } = this
    record.usedAt = now
    if (news.length === 0) return []
    record.micros = mintWhen(now, record.micros, step())
    record.cameAt = Math.max(record.cameAt, now)
    return news.map((one) => {
      const { head: before } = record
      const place = new Place(record.micros, before.number + 1)
      this.push(place, one, record.cameAt)
      const { data, event, key, traceparent } = one
      return { offset: place.offset, previous: before.offset, data, event, key, ...(traceparent && { traceparent }) }
    })
  }

  /** Takes over a message of the source of a fork. */
  inherit(stored: Stored): void {
    const { place, body, at } = stored
    if (place.number > this.record.head.number) this.push(place, body, at)
    else this.#inheritKey(stored)
  }

  /** What is kept for its key beyond retention. */
  #inheritKey(stored: Stored): void {
    const { body, place } = stored
    if (this.config.maxKeys === undefined || body.key === undefined) return
    this.#write({ ...stored, before: 0 })
    this.#remember(body, place.number, 0)
  }

  /** Adds a message at its place. */
  push(place: Place, body: MessageBody, at: number): void {
    const { record } = this
    const before = body.key === undefined ? 0 : (this.#index<number>(indexed.key, keyText(body.key)) ?? 0)
    this.#write({ place, previousMicros: record.head.micros, body, before, at })
    record.head = place
    record.bytes += sizeOf(body)
    if (record.config.maxKeys !== undefined && body.key !== undefined) this.#remember(body, place.number, before)
  }

  remember({ id, epoch, seq }: Producer, limit: number): void {
    const { record } = this
    const known = this.#index<ProducerRecord>(indexed.producer, keyText(id))
    if (known) this.#drop(indexed.use, known.use)
    else {
      record.producers++
      this.#weigh(2 * id.length)
    }
    const use = record.uses++
    this.#put(indexed.producer, keyText(id), { epoch, seq, use })
    this.#put(indexed.use, use, id)
    while (record.producers > limit) this.#forgetProducer()
  }

  /** Keys that it begins to keep with it are found before (`findKey`). */
  configure({ retain, maxKeys }: Policy, now: number): void {
    const { record } = this
    record.config = { ...record.config, retain, maxKeys }
    if (maxKeys === undefined) this.forgetKeys()
    else this.#forgetOldKeys(maxKeys)
    this.retain(now)
  }

  /** Takes the key of a message that is there into account, before the channel keeps keys: in order, from the first. */
  findKey(number: number, maxKeys: number): void {
    const found = this.stored(number)
    if (found?.body.key === undefined) return
    const before = this.#index<number>(indexed.key, keyText(found.body.key)) ?? 0
    if (before !== found.before)
      void this.#engine.messages.put([this.record.id, number], encodeMessage({ ...found, before }))
    this.#remember(found.body, number, before, maxKeys)
  }

  forgetKeys(): void {
    for (const number of this.#ordered()) this.#forgetKey(number)
  }

  /** Trims what the retention does not cover. The newest message is not trimmed for its size. */
  retain(now: number): void {
    const { record } = this
    const { messages, bytes, ageMs } = record.config.retain
    const { number: head } = record.head
    let { number: floor } = record.floor
    // What is trimmed in one go is bounded; of the rest no reader is told, and the next append or sweep trims it.
    const end = Math.min(head, floor + trimmedAtOnce)
    const mayStay = (number: number) =>
      (messages === null || number > head - messages) &&
      (bytes === null || record.bytes <= bytes || number === head) &&
      (ageMs === null || present(this.stored(number), number).at > now - ageMs)
    while (floor < end && !mayStay(floor + 1)) this.#trim(++floor)
    this.sweep(sweptAtOnce)
  }

  /** Takes away so many of what was trimmed, at most. Answers whether something is left. */
  sweep(most: number): boolean {
    const { record } = this
    const { number: floor } = record.floor
    const end = Math.min(floor, record.swept + most)
    for (let number = record.swept + 1; number <= end; number++) {
      if (this.#index(indexed.order, number) === undefined) this.#remove(number)
    }
    record.swept = Math.max(record.swept, end)
    return record.swept < floor
  }

  stored(number: number): Stored | undefined {
    const bytes = this.#engine.message(this.record.id, number)
    return bytes && decodeMessage(number, bytes)
  }

  #write(stored: Stored): void {
    void this.#engine.messages.put([this.record.id, stored.place.number], encodeMessage(stored))
    if (stored.body.traceparent !== undefined) this.#engine.store.format = format.traced
    this.#weigh(weightOf(stored.body))
  }

  /** What it takes has changed. */
  #weigh(more: number): void {
    this.record.weight += more
    this.#engine.store.weight += more
  }

  #trim(number: number): void {
    const { place, body } = present(this.stored(number), number)
    this.record.bytes -= sizeOf(body)
    this.record.floor = place
  }

  #remove(number: number): void {
    const found = this.stored(number)
    if (!found) return
    this.#weigh(-weightOf(found.body))
    void this.#engine.messages.remove([this.record.id, number])
  }

  #remember(body: MessageBody, number: number, before: number, maxKeys = this.config.maxKeys ?? 0): void {
    if (body.key === undefined) return
    const key = keyText(body.key)
    if (before > 0) this.#forgetKey(before)
    if (keyEffect(body) === 'replaces') {
      this.#put(indexed.key, key, number)
      this.#put(indexed.order, number, body.key)
      this.record.keys++
    }
    this.#forgetOldKeys(maxKeys)
  }

  #forgetOldKeys(maxKeys: number): void {
    const many = this.record.keys - maxKeys
    if (many > 0) for (const number of this.#ordered(many)) this.#forgetKey(number)
  }

  /** The message is not the newest of its key any more, or that is not kept: once it is trimmed, it goes. */
  #forgetKey(number: number): void {
    const key = this.#index<string>(indexed.order, number)
    if (key === undefined) return
    this.#drop(indexed.key, keyText(key))
    this.#drop(indexed.order, number)
    this.record.keys--
    if (number <= this.record.swept) this.#remove(number)
  }

  /** The numbers of what is kept for its key, oldest first. */
  #ordered(limit?: number): number[] {
    return this.#engine.numbers(this.record.id, indexed.order, 0, Number.MAX_SAFE_INTEGER, limit)
  }

  #forgetProducer(): void {
    const { id } = this.record
    const range = { start: [id, indexed.use, 0], end: [id, indexed.use, Number.MAX_SAFE_INTEGER], limit: 1 }
    for (const { key, value } of this.#engine.index.getRange(range)) {
      this.#drop(indexed.use, key[2] as number)
      this.#drop(indexed.producer, keyText(value as string))
      this.#weigh(-2 * (value as string).length)
    }
    this.record.producers--
  }

  #index<T>(kind: number, of: string | number): T | undefined {
    return this.#engine.index.get([this.record.id, kind, of]) as T | undefined
  }

  #put(kind: number, of: string | number, value: unknown): void {
    void this.#engine.index.put([this.record.id, kind, of], value)
  }

  #drop(kind: number, of: string | number): void {
    void this.#engine.index.remove([this.record.id, kind, of])
  }
}
