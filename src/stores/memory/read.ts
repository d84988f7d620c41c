/** Reading a log in memory: where a position stands in it, pages, gaps, snapshots. */

import type { ChannelInfo, Limit, Page, ReadResult } from '../../core/store.js'
import { at } from '../../protocol/at.js'
import type { Message } from '../../protocol/message.js'
import { type Offset, type Position, whenOf } from '../../protocol/offset.js'
import { type Bounds, isBeside, judgeByBounds, missedAfter, pageLength } from '../rules/position.js'
import { Ring } from './ring.js'
import type { Tombstone } from './tombstones.js'

/** What reading needs of a log, also of one that has no messages because there is none. */
export interface Kept extends Bounds {
  readonly info: ChannelInfo
  readonly messages: Ring<Message>
  readonly keys: ReadonlyMap<string, Message> | undefined
}

const nothing = new Ring<Message>()

/** The empty log that an unwritten, deleted or evicted name reads as. */
export function emptyLog({ birth, floor, closed }: Tombstone): Kept {
  const info = { exists: false, contentType: undefined, earliest: floor, head: floor, closed }
  return { info, birth, floor, head: floor, messages: nothing, keys: undefined }
}

/** A page after `position`, or the gap that lies there. */
export function readLog(log: Kept, position: Position, limit: Limit): ReadResult {
  const { messages } = log
  switch (position.kind) {
    case 'start':
      return pageFrom(log, log.floor, 0, limit)
    case 'now':
      return pageFrom(log, log.head, messages.length, limit)
    case 'last': {
      const index = Math.max(0, messages.length - position.count)
      return pageFrom(log, messages.at(index)?.previous ?? log.head, index, limit)
    }
    case 'snapshot':
      return snapshotLog(log, undefined, undefined, limit)
    case 'at': {
      const index = locate(log, position.offset)
      if (typeof index === 'string') return gap(log, index, position.offset)
      return pageFrom(log, position.offset, index, limit)
    }
  }
}

/** The index of the first message after `offset`, or why it is no position of this log. */
export function locate(log: Kept, offset: Offset): number | 'trimmed' | 'reset' {
  const judged = judgeByBounds(offset, log)
  if (judged) return judged === 'head' ? log.messages.length : judged
  const index = indexAfter(log.messages, offset)
  const before = log.messages.at(index - 1)?.offset ?? log.floor
  return isBeside(offset, before, log.messages.at(index)?.offset) ? index : 'reset'
}

/** The newest message of each key after `after` and not after `until`; without keys the log itself. */
export function snapshotLog(log: Kept, after: Offset | undefined, until: Offset | undefined, limit: Limit): ReadResult {
  const end = until === undefined || until > log.head ? log.head : until
  const place = locate(log, until ?? log.head)
  if (typeof place === 'string') return gap(log, place, after ?? end)
  if (!log.keys) return readUntil(log, after, end, limit)
  if (after !== undefined && whenOf(after) < whenOf(log.birth)) return gap(log, 'reset', after)
  const newest = newestOfEachKey(log, log.keys, after ?? '', end)
  const messages = newest.slice(
    0,
    pageLength((index) => newest[index], { ...limit, align: undefined }),
  )
  const complete = messages.length === newest.length
  const to = complete ? end : at(messages, -1).offset
  return { kind: 'page', info: log.info, from: after ?? log.birth, to, messages, upToDate: complete }
}

function pageFrom(log: Kept, from: Offset, index: number, limit: Limit): Page {
  const count = pageLength((place) => log.messages.at(index + place), limit)
  const messages: Message[] = []
  for (let place = index; place < index + count; place++) messages.push(log.messages.get(place))
  const upToDate = index + count === log.messages.length
  const to = upToDate ? log.head : at(messages, -1).offset
  return { kind: 'page', info: log.info, from, to, messages, upToDate }
}

function gap(log: Kept, reason: 'trimmed' | 'reset', from: Offset): ReadResult {
  const missed = reason === 'trimmed' ? missedAfter(from, log.floor) : undefined
  return { kind: 'gap', info: log.info, reason, from, to: log.floor, missed }
}

/** The index of the first message with a greater offset. */
export function indexAfter(messages: Ring<Message>, offset: Offset): number {
  let low = 0
  let high = messages.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (messages.get(middle).offset > offset) high = middle
    else low = middle + 1
  }
  return low
}

function readUntil(log: Kept, after: Offset | undefined, until: Offset, limit: Limit): ReadResult {
  const page = readLog(log, after === undefined ? { kind: 'start' } : { kind: 'at', offset: after }, limit)
  if (page.kind !== 'page' || page.to < until) return page
  const messages = page.messages.filter((message) => message.offset <= until)
  return { ...page, to: until, messages, upToDate: true }
}

// A key that changed after `until` is looked up in the kept messages. If its older message was held beyond retention
// only, it is missing here; the reader gets the newer one when it goes on from `until`.
function newestOfEachKey(log: Kept, keys: ReadonlyMap<string, Message>, after: Offset, until: Offset): Message[] {
  const found: Message[] = []
  for (const message of keys.values()) if (message.offset > after && message.offset <= until) found.push(message)
  if (until === log.head) return found
  const seen = new Set<string>()
  for (let index = indexAfter(log.messages, until) - 1; index >= 0; index--) {
    const message = log.messages.get(index)
    if (message.offset <= after) break
    if (message.key === undefined || seen.has(message.key)) continue
    seen.add(message.key)
    if (message.data !== undefined && keys.get(message.key) !== message) found.push(message)
  }
  return found.sort((a, b) => (a.offset < b.offset ? -1 : 1))
}
