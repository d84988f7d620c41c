/** Forks [Durable Streams §4.2]: copying a log up to a position, and who is forked from whom. */
import type { Fork } from '../../core/store.js'
import { kindOf, type Message } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { type Offset, whenOf, zeroOffset } from '../../protocol/offset.js'
import type { Log } from './log.js'
import { locate } from './read.js'

/** Where a fork cuts its source: so many whole messages, and perhaps the beginning of the next one. */
export interface Cut {
  readonly count: number
  /** The position that `offset` named. */
  readonly resolved: Offset
  /** The message cut in two, and how many of its bytes belong to the fork. */
  readonly part?: { readonly message: Message; readonly bytes: number }
}

/** Answers why the fork cannot be made there, or where it is. */
export function cutAt(source: Log, { offset, subOffset = 0 }: Fork): Cut | string {
  const asked = offset ?? source.head
  const start = asked === zeroOffset || asked === '-1'
  const count = start ? 0 : locate(source, asked)
  if (count === 'trimmed') return `The offset ${asked} is older than what "${source.channel}" keeps.`
  if (count === 'reset') return `The offset ${asked} is no position of "${source.channel}".`
  const resolved = source.messages.at(count - 1)?.offset ?? source.floor
  if (subOffset === 0) return { count, resolved }
  const next = source.messages.at(count)
  if (!next) return `Nothing follows ${resolved} in "${source.channel}", so there is no sub-offset ${subOffset}.`
  return kindOf(source.config.contentType) === 'json'
    ? cutInBatch(source, count, subOffset, resolved)
    : cutInMessage(next, count, subOffset, resolved)
}

function cutInBatch(source: Log, count: number, subOffset: number, resolved: Offset): Cut | string {
  const when = whenOf(source.messages.get(count).offset)
  const last = source.messages.at(count + subOffset - 1)
  if (last && whenOf(last.offset) === when) return { count: count + subOffset, resolved }
  return `The append after ${resolved} has fewer than ${subOffset} messages.`
}

function cutInMessage(next: Message, count: number, bytes: number, resolved: Offset): Cut | string {
  const length = next.data?.byteLength ?? 0
  if (bytes > length) return `The message after ${resolved} has ${length} bytes, fewer than ${bytes}.`
  if (bytes === length) return { count: count + 1, resolved }
  return { count, resolved, part: { message: next, bytes } }
}

/** Fills a new log with what the cut leaves of its source. Messages keep their offsets and share their bytes. */
export function copyCut(fork: Log, source: Log, cut: Cut, now: number, step: number): void {
  for (const message of source.keys?.values() ?? []) if (message.offset <= source.floor) fork.inheritKey(message)
  for (let index = 0; index < cut.count; index++) fork.inherit(source.messages.get(index), now)
  if (!cut.part) return
  const { message, bytes } = cut.part
  fork.append([{ ...message, data: message.data?.subarray(0, bytes) }], now, step)
}

/** A channel that is forked, or a fork, or both. */
interface Member {
  readonly channel: ChannelName
  source: Member | undefined
  forks: number
  /** Deleted, and its name is kept for its forks. */
  gone: boolean
}

/** Who is forked from whom: only for names that Durable Streams keeps as `gone` until the last fork goes. */
export class Lineage {
  readonly #members = new Map<ChannelName, Member>()

  add(fork: ChannelName, source: ChannelName): void {
    const from = this.#member(source)
    from.forks++
    this.#member(fork).source = from
  }

  isGone(channel: ChannelName): boolean {
    return this.#members.get(channel)?.gone ?? false
  }

  /**
   * The channel has no log any more. With `keepName` the name is `gone` while it has forks; otherwise it is free, and
   * the forks are nobody's.
   */
  remove(channel: ChannelName, keepName = false): void {
    const member = this.#members.get(channel)
    if (!member) return
    if (keepName && member.forks > 0) member.gone = true
    else this.#cut(member)
  }

  #member(channel: ChannelName): Member {
    const known = this.#members.get(channel)
    if (known) return known
    const member: Member = { channel, source: undefined, forks: 0, gone: false }
    this.#members.set(channel, member)
    return member
  }

  /** Frees the name, and those of gone sources that waited for nothing but this. */
  #cut(member: Member): void {
    for (let last: Member | undefined = member; last; ) {
      if (this.#members.get(last.channel) === last) this.#members.delete(last.channel)
      const { source }: Member = last
      last.source = undefined
      last = source && --source.forks === 0 && (source.gone || !source.source) ? source : undefined
    }
  }
}
