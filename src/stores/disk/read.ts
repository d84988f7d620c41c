/** Reading a log on disk: where a position stands in it, pages, gaps, snapshots. */

import type { ChannelInfo, Limit, Page, ReadResult } from '../../core/store.js'
import { at } from '../../protocol/at.js'
import type { Message } from '../../protocol/message.js'
import { numberOf, type Offset, type Position, whenOf } from '../../protocol/offset.js'
import { type Bounds, isBeside, judgeByBounds, missedAfter, pageLength } from '../rules/position.js'
import type { EngineView } from './engine.js'
import { indexed } from './log.js'
import type { Past } from './names.js'
import type { ChannelRecord } from './record.js'
import { decodeMessage, messageOf, present, type Stored } from './stored.js'

/** A log as it is at one moment: what is trimmed by now is not seen, though it may still be there. */
export class LogView implements Bounds {
  readonly birth: Offset
  readonly floor: Offset
  readonly head: Offset
  readonly info: ChannelInfo
  readonly #engine: EngineView
  readonly #record: ChannelRecord | undefined

  private constructor(
    engine: EngineView,
    record: ChannelRecord | undefined,
    { birth, floor, head }: Bounds,
    info: ChannelInfo,
  ) {
    this.#engine = engine
    this.#record = record
    this.birth = birth
    this.floor = floor
    this.head = head
    this.info = info
  }

  /** Of a channel. */
  static of(engine: EngineView, record: ChannelRecord, now: number): LogView {
    const { closed, config } = record
    const [birth, head] = [record.birth.offset, record.head.offset]
    const floor = floorOf(engine, record, now)
    const { contentType, ttlSeconds, expiresAt, retain, maxKeys } = config
    const policy = { retain, maxKeys }
    const info = { exists: true, contentType, earliest: floor, head, closed, ttlSeconds, expiresAt, policy }
    return new LogView(engine, record, { birth, floor, head }, info)
  }

  /** Of a name that holds no channel. */
  static empty(engine: EngineView, { birth, floor }: Past): LogView {
    const info = { exists: false, contentType: undefined, earliest: floor, head: floor, closed: false }
    return new LogView(engine, undefined, { birth, floor, head: floor }, info)
  }

  /** A page after `position`, or the gap that lies there. */
  read(position: Position, limit: Limit): ReadResult {
    switch (position.kind) {
      case 'start':
        return this.#page(this.floor, numberOf(this.floor), limit)
      case 'now':
        return this.#page(this.head, numberOf(this.head), limit)
      case 'last': {
        const number = Math.max(numberOf(this.floor), numberOf(this.head) - position.count)
        return this.#page(this.#offsetOf(number), number, limit)
      }
      case 'snapshot':
        return this.snapshot(undefined, undefined, limit)
      case 'at': {
        const number = this.locate(position.offset)
        if (typeof number === 'string') return this.#gap(number, position.offset)
        return this.#page(position.offset, number, limit)
      }
    }
  }

  /** The newest message of each key after `after` and not after `until`; without keys the log itself. */
  snapshot(after: Offset | undefined, until: Offset | undefined, limit: Limit): ReadResult {
    const end = until === undefined || until > this.head ? this.head : until
    const place = this.locate(until ?? this.head)
    if (typeof place === 'string') return this.#gap(place, after ?? end)
    if (this.#record?.config.maxKeys === undefined) return this.#readUntil(after, end, limit)
    if (after !== undefined && whenOf(after) < whenOf(this.birth)) return this.#gap('reset', after)
    const most = limit.messages + 1
    const newest = this.#newest(this.#record, after ?? '', end, most)
    const count = pageLength((index) => newest[index], { ...limit, align: undefined })
    const messages = newest.slice(0, count)
    const complete = count === newest.length && newest.length < most
    const to = complete ? end : at(messages, -1).offset
    return { kind: 'page', info: this.info, from: after ?? this.birth, to, messages, upToDate: complete }
  }

  /** The number of the last message that is not after `offset`, or why that is no position of this log. */
  locate(offset: Offset): number | 'trimmed' | 'reset' {
    const judged = judgeByBounds(offset, this)
    if (judged) return judged === 'head' ? numberOf(this.head) : judged
    const named = numberOf(offset)
    if (named > numberOf(this.floor) && named < numberOf(this.head) && this.#offsetOf(named) === offset) return named
    let low = numberOf(this.floor)
    let high = numberOf(this.head)
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#offsetOf(middle) > offset) high = middle - 1
      else low = middle
    }
    const after = low < numberOf(this.head) ? this.#offsetOf(low + 1) : undefined
    return isBeside(offset, this.#offsetOf(low), after) ? low : 'reset'
  }

  /** A message that is kept, or one that is kept for its key. */
  stored(number: number): Stored | undefined {
    const bytes = this.#record && this.#engine.message(this.#record.id, number)
    return bytes && decodeMessage(number, bytes)
  }

  #offsetOf(number: number): Offset {
    if (number === numberOf(this.floor)) return this.floor
    return number === numberOf(this.head) ? this.head : present(this.stored(number), number).place.offset
  }

  #page(from: Offset, number: number, limit: Limit): Page {
    const last = numberOf(this.head)
    const found: Message[] = []
    const messageAt = (index: number) => {
      if (number + index + 1 > last) return undefined
      const stored = found[index] ? undefined : this.stored(number + index + 1)
      if (stored) found[index] = messageOf(stored)
      return found[index]
    }
    const count = pageLength(messageAt, limit)
    const messages = found.slice(0, count)
    const upToDate = number + count === last
    return {
      kind: 'page',
      info: this.info,
      from,
      to: upToDate ? this.head : at(messages, -1).offset,
      messages,
      upToDate,
    }
  }

  #gap(reason: 'trimmed' | 'reset', from: Offset): ReadResult {
    const missed = reason === 'trimmed' ? missedAfter(from, this.floor) : undefined
    return { kind: 'gap', info: this.info, reason, from, to: this.floor, missed }
  }

  #readUntil(after: Offset | undefined, until: Offset, limit: Limit): ReadResult {
    const page = this.read(after === undefined ? { kind: 'start' } : { kind: 'at', offset: after }, limit)
    if (page.kind !== 'page' || page.to < until) return page
    return { ...page, to: until, messages: page.messages.filter(({ offset }) => offset <= until), upToDate: true }
  }

  // Keys that changed after `until` are looked up from the messages that came since: each names the one of its key
  // before it. If that is gone, it is missing here; the reader gets the newer one when it goes on from `until`.
  #newest(record: ChannelRecord, after: Offset, until: Offset, most: number): Message[] {
    const start = after === '' ? 0 : numberOf(after) + 1
    const numbers = this.#engine.numbers(record.id, indexed.order, start, numberOf(until) + 1, most)
    const found = numbers.map((number) => messageOf(present(this.stored(number), number)))
    if (until === this.head) return found
    const changed = new Set<string>()
    for (let number = numberOf(until) + 1; number <= numberOf(this.head); number++) {
      const newer = this.stored(number)
      if (newer?.body.key === undefined || changed.has(newer.body.key)) continue
      changed.add(newer.body.key)
      const older = newer.before > 0 && newer.before <= numberOf(until) ? this.stored(newer.before) : undefined
      if (older?.body.data !== undefined && older.place.offset > after) found.push(messageOf(older))
    }
    return found.sort((one, other) => (one.offset < other.offset ? -1 : 1)).slice(0, most)
  }
}

/** The position before the first message that is kept at this moment. */
function floorOf(engine: EngineView, record: ChannelRecord, now: number): Offset {
  const { ageMs, messages } = record.config.retain
  const { number: head } = record.head
  let low = Math.max(record.floor.number, messages === null ? 0 : head - messages)
  let high = head
  const stored = (number: number) => decodeMessage(number, engine.message(record.id, number)!)
  if (ageMs !== null) {
    // Messages came in the order of their times.
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (stored(middle).at > now - ageMs) high = middle - 1
      else low = middle
    }
  }
  if (low === record.floor.number) return record.floor.offset
  return low === head ? record.head.offset : stored(low).place.offset
}
