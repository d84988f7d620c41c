/** Reading a channel: positions, pages, gaps. Each answer is true of the moment when its newest frame was asked for. */
import type { ChannelInfo, Limit, ReadResult } from '../../core/store.js'
import type { Message } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { type Offset, type Position, whenOf } from '../../protocol/offset.js'
import { type Bounds, isBeside, judgeByBounds, pageLength } from '../rules/position.js'
import { graceOf } from './classes.js'
import { infoOf } from './draft.js'
import { decodeFrame, type Frame, frameOf, later } from './frame.js'
import type { JetStream, StoredMessage } from './jetstream.js'
import type { Lane } from './lane.js'
import type { Head } from './lookup.js'
import type { ChannelStream, Streams } from './streams.js'

/** So many frames are asked for one by one; more come by a consumer. */
const fewFrames = 8
const framesAtOnce = 500
/** What a frame takes besides its messages, at least as often as not. */
const frameOverhead = 1_024
/** Frames that are looked through for the floor before it is searched for. */
const steps = 4

export interface ReaderOptions {
  readonly channel: ChannelName
  readonly lane: Lane
  readonly jetStream: JetStream
  readonly streams: Streams
}

/** A channel as it is at one moment. */
export class Reader implements Bounds {
  readonly birth: Offset
  readonly floor: Offset
  readonly head: Offset
  readonly info: ChannelInfo
  readonly #options: ReaderOptions
  readonly #newest: Head

  private constructor(options: ReaderOptions, newest: Head, floor: Offset) {
    this.#options = options
    this.#newest = newest
    this.birth = newest.birth
    this.floor = floor
    this.head = newest.end
    this.info = infoOf(newest, floor, newest.end)
  }

  static async open(options: ReaderOptions): Promise<Reader> {
    const newest = await options.lane.look()
    const reader = new Reader(options, newest, newest.birth)
    return newest.kind === 'channel' ? new Reader(options, newest, await reader.#findFloor()) : reader
  }

  /** The stream, if the position lies beyond the newest frame: its leader may not know that one yet. */
  inDoubtOf(offset: Offset): ChannelStream | undefined {
    const { stream, seq } = this.#newest
    return stream.isReplicated && frameOf(offset) > seq ? stream : undefined
  }

  /** A page after `position`, or the gap that lies there. */
  async read(position: Position, limit: Limit): Promise<ReadResult> {
    switch (position.kind) {
      case 'start':
      case 'snapshot':
        return this.#pageAt(this.floor, limit)
      case 'now':
        return this.#page(this.head, [], 0, limit)
      case 'last':
        return this.#pageAt(await this.#before(Math.max(0, this.#newest.total - position.count)), limit)
      case 'at':
        return this.#pageAt(position.offset, limit)
    }
  }

  /** There are no keys: the log itself, up to `until`. */
  async snapshot(after: Offset | undefined, until: Offset | undefined, limit: Limit): Promise<ReadResult> {
    const end = until === undefined || until > this.head ? this.head : until
    if (until !== undefined) {
      const place = await this.#pageAt(until, { messages: 1, bytes: 1 })
      if (place.kind === 'gap') return { ...place, from: after ?? end }
    }
    const page = await this.read(after === undefined ? { kind: 'start' } : { kind: 'at', offset: after }, limit)
    if (page.kind !== 'page' || page.to < end) return page
    return { ...page, to: end, messages: page.messages.filter(({ offset }) => offset <= end), upToDate: true }
  }

  async #pageAt(offset: Offset, limit: Limit): Promise<ReadResult> {
    const judged = judgeByBounds(offset, this)
    if (judged === 'head') return this.#page(offset, [], 0, limit)
    if (judged && (judged === 'reset' || offset < (await this.#grace()))) return this.#gap(judged, offset, this.floor)
    const { frame, isBroken } = await this.#after(offset)
    const index = frame ? frame.messages.findIndex((message) => message.offset > offset) : -1
    const next = frame?.messages[index]
    // What followed it is not there any more: lost by the engine.
    if (isBroken && next) return this.#gap('reset', offset, next.previous)
    const before = next === undefined ? this.head : judged ? next.previous : later(next.previous, this.floor)
    if (!isBeside(offset, before, next?.offset)) return this.#gap('reset', offset, this.floor)
    return frame && next
      ? this.#page(offset, await this.#framesFrom(frame, limit), index, limit)
      : this.#page(offset, [], 0, limit)
  }

  /** A page of these frames, from a message of the first one on. Without frames it is that of the head. */
  #page(from: Offset, frames: readonly Frame[], index: number, limit: Limit): ReadResult {
    const found: Message[] = []
    for (const [place, { messages }] of frames.entries())
      for (const one of place === 0 ? messages.slice(index) : messages) found.push(one)
    const messages = found.slice(
      0,
      pageLength((at) => found[at], limit),
    )
    const end = messages.at(-1)?.offset
    const upToDate = end === undefined || end === this.head
    return { kind: 'page', info: this.info, from, to: upToDate ? this.head : end, messages, upToDate }
  }

  #gap(reason: 'trimmed' | 'reset', from: Offset, to: Offset): ReadResult {
    return { kind: 'gap', info: this.info, reason, from, to }
  }

  /**
   * The first frame with a message after an offset. `isBroken`: the frame of the offset is there, but what followed it
   * is not.
   */
  async #after(offset: Offset): Promise<{ frame?: Frame | undefined; isBroken?: boolean }> {
    const { since, seq } = this.#newest
    const named = frameOf(offset)
    const guess = named > since && named <= seq ? await this.#next(named) : undefined
    const isOwn = guess?.seq === named && guess.messages.some((message) => whenOf(message.offset) === whenOf(offset))
    if (!guess || !isOwn) return { frame: await this.#search(since, (frame) => frame.end > offset) }
    if (guess.end > offset) return { frame: guess }
    const frame = await this.#withMessages(guess)
    return { frame, isBroken: frame !== undefined && frame.messages[0]?.previous !== guess.end }
  }

  /** The next frame that has messages: that which closes a channel may have none. */
  async #withMessages(after: Frame): Promise<Frame | undefined> {
    for (let frame = await this.#next(after.seq + 1); frame; frame = await this.#next(frame.seq + 1)) {
      if (frame.count > 0) return frame
    }
    return undefined
  }

  /** The frame and those after it, so many as a page may need. A hole among them ends it. */
  async #framesFrom(first: Frame, limit: Limit): Promise<Frame[]> {
    const frames = [first]
    let bytes = bytesOf(first)
    let count = first.count
    let last = first
    const left = () => this.#newest.total - last.total
    while (left() > 0 && count <= limit.messages && bytes <= limit.bytes) {
      // What cannot be had by a consumer is asked for one by one.
      const isRun = left() > fewFrames && this.#options.jetStream.hasConsumers
      const more = isRun ? await this.#run(last.seq + 1, limit, bytes).catch(() => []) : []
      if (more.length === 0) more.push(...one(await this.#next(last.seq + 1)))
      if (more.length === 0) return frames
      for (const frame of more) {
        if (frame.before !== last.seq) return frames
        frames.push(frame)
        last = frame
        count += frame.count
        bytes += bytesOf(frame)
      }
    }
    return frames
  }

  async #run(seq: number, limit: Limit, bytes: number): Promise<Frame[]> {
    const most = Math.min(framesAtOnce, limit.messages + 1)
    const room = Math.max(1, limit.bytes - bytes) + most * frameOverhead
    const { jetStream, streams, lane } = this.#options
    const { stream } = this.#newest
    const found = await jetStream.run(stream.name, streams.subject(stream, lane.token), seq, most, room)
    return found.map((stored) => this.#decode(stored)).filter((frame) => frame.seq <= this.#newest.seq)
  }

  /** The position before the first kept message. */
  async #findFloor(): Promise<Offset> {
    const { lane } = this.#options
    const { seq, total, config, stream } = this.#newest
    if (lane.floor?.seq === seq && lane.floor.epoch === stream.epoch) return lane.floor.offset
    const { messages } = config?.retain ?? { messages: null }
    const offset = await this.#before(messages === null ? 0 : Math.max(0, total - messages))
    lane.floor = { epoch: stream.epoch, seq, offset }
    return offset
  }

  /** From here on a position is good though it is older than what is kept: its messages are there. */
  async #grace(): Promise<Offset> {
    const { total, config } = this.#newest
    const { messages } = config?.retain ?? { messages: null }
    return messages === null ? this.floor : this.#before(Math.max(0, total - messages - graceOf(messages)))
  }

  /** The position after so many messages of the channel, or before the first that is there. */
  async #before(messages: number): Promise<Offset> {
    const { since, total, end } = this.#newest
    if (messages >= total) return end
    let frame = await this.#next(since + 1)
    for (let step = 0; frame && frame.total <= messages && step < steps; step++) frame = await this.#next(frame.seq + 1)
    if (frame && frame.total <= messages) frame = await this.#search(frame.seq, ({ total: upTo }) => upTo > messages)
    if (!frame) return end
    const within = messages - (frame.total - frame.count)
    return within <= 0 ? frame.previous : (frame.messages[within - 1]?.offset ?? frame.previous)
  }

  /** The first frame after `low` of which it holds; of those before it does not. */
  async #search(low: number, holds: (frame: Frame) => boolean): Promise<Frame | undefined> {
    let [from, to] = [low + 1, this.#newest.seq]
    let found: Frame | undefined
    while (from <= to) {
      const middle = Math.floor((from + to) / 2)
      const frame = await this.#next(middle)
      if (!frame || frame.seq > to) to = middle - 1
      else if (holds(frame)) {
        found = frame
        to = Math.min(middle - 1, frame.before)
      } else from = frame.seq + 1
    }
    return found
  }

  /** The first frame from a number on, of this moment. */
  async #next(seq: number): Promise<Frame | undefined> {
    if (seq > this.#newest.seq) return undefined
    const { jetStream, streams, lane } = this.#options
    const { stream } = this.#newest
    const found = await jetStream.next(stream.name, streams.subject(stream, lane.token), seq)
    return found && found.seq <= this.#newest.seq ? this.#decode(found) : undefined
  }

  #decode({ seq, data }: StoredMessage): Frame {
    return decodeFrame(this.#options.channel, seq, data)
  }
}

function bytesOf({ messages }: Frame): number {
  return messages.reduce((sum, { data }) => sum + (data?.byteLength ?? 0), 0)
}

function one<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value]
}
