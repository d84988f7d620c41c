/** Forks [Durable Streams §4.2]: copying a log up to a position, and who is forked from whom. */
import type { Message } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import type { ForkCut, ForkSource } from '../rules/fork.js'
import type { Log } from './log.js'
import { locate } from './read.js'

/** The log of a source: the place of a message is its index, counted from 1. */
export function sourceOf(log: Log): ForkSource<Message> {
  const { channel, floor, head } = log
  const { contentType } = log.config
  const at = (place: number) => {
    const message = place > 0 ? log.messages.at(place - 1) : undefined
    return message && { offset: message.offset, data: message.data, message }
  }
  return { channel, contentType, floor, head, start: 0, locate: (offset) => locate(log, offset), at }
}

/** Fills a new log with what the cut leaves of its source. Messages keep their offsets and share their bytes. */
export function copyCut(fork: Log, source: Log, cut: ForkCut<Message>, now: number, step: number): void {
  for (const message of source.keys?.values() ?? []) if (message.offset <= source.floor) fork.inheritKey(message)
  for (let index = 0; index < cut.place; index++) fork.inherit(source.messages.get(index), now)
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
