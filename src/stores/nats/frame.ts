/** What one NATS message holds: what was appended at once, and all that has to be known of the channel after it. */
import { randomBytes } from 'node:crypto'
import type { ChannelConfig, NewMessage } from '../../core/store.js'
import { AnywireError } from '../../protocol/error.js'
import type { Message } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { microsOf, mintOffset, numberOf, type Offset } from '../../protocol/offset.js'
import type { ProducerUse } from './producers.js'

/** The format of what is stored. Another one is refused. */
export const format = 1
/**
 * The number of a message is that of its frame in the stream, times this, plus its place in the frame from 1 on. So a
 * position tells where to look.
 */
export const placesPerFrame = 4_096
export const maxFrameMessages = placesPerFrame - 1

/** Messages that share one *when*. */
export type Group = readonly [micros: number, count: number]

/** What is known of a channel, or of a name that holds none. */
export interface ChannelState {
  /** `deleted`: the name holds no channel. `moved`: it is kept in the stream of another class. */
  readonly kind: 'channel' | 'deleted' | 'moved'
  readonly birth: Offset
  /** The number of the frame before the channel's first one; 0: there was none. */
  readonly since: number
  /** The last microsecond minted. */
  readonly micros: number
  /** How many messages the channel ever had. */
  readonly total: number
  readonly closed: boolean
  readonly streamSeq?: string | undefined
  readonly config?: ChannelConfig | undefined
  /** Counts appends with a producer. */
  readonly uses: number
  /** `uses` when all producers were written down beside the frames; 0: never. */
  readonly written: number
  /** How many producers are remembered: those used last. */
  readonly producers: number
  /** Producers that were used since then. */
  readonly recent: readonly ProducerUse[]
  /** Classes whose streams the name has left. */
  readonly left?: readonly string[] | undefined
  /** Of `moved`: the class. */
  readonly to?: string | undefined
}

/** What stands in a frame beside its messages. */
export interface FrameHead extends ChannelState {
  readonly channel: ChannelName
  /** Tells this frame from all others, so that one whose answer was lost is found again. */
  readonly nonce: string
  /** The number of the frame before it in its subject; 0: there is none. */
  readonly before: number
  /** The position before its first message. */
  readonly previous: Offset
  readonly groups: readonly Group[]
  /** What traces have said of its messages, by their place in it from 0 on. Absent: nothing. */
  readonly traces?: Readonly<Record<number, string>> | undefined
}

export interface Frame extends FrameHead {
  /** Its number in the stream. */
  readonly seq: number
  /** The position after its last message. */
  readonly end: Offset
  /** How many messages it holds. */
  readonly count: number
  readonly messages: readonly Message[]
}

const own = randomBytes(9).toString('base64url')
let nonces = 0

export function newNonce(): string {
  return `${own}${nonces++}`
}

const fixed = 5
const absent = 0xffffffff
const lengths = 12

/**
 * format (1) · length of the head (4) · head as JSON · of each message: lengths of data, event, key (4, 4, 4), event,
 * key, data
 */
export function encodeFrame(head: FrameHead, messages: readonly NewMessage[]): Buffer {
  const text = JSON.stringify({ ...head, traces: tracesOf(messages) })
  const size = Buffer.byteLength(text)
  const frame = Buffer.allocUnsafe(fixed + size + messages.reduce((sum, message) => sum + lengthOf(message), 0))
  frame[0] = format
  frame.writeUInt32BE(size, 1)
  let at = fixed + frame.write(text, fixed)
  for (const { data, event, key } of messages) {
    const sizesAt = at
    at += lengths
    const add = (place: number, length: number) => {
      frame.writeUInt32BE(length, sizesAt + place * 4)
      if (length !== absent) at += length
    }
    add(1, event === undefined ? absent : frame.write(event, at))
    add(2, key === undefined ? absent : frame.write(key, at))
    if (data) frame.set(data, at)
    add(0, data?.byteLength ?? absent)
  }
  return frame
}

function tracesOf(messages: readonly NewMessage[]): FrameHead['traces'] {
  const traced = messages.flatMap(({ traceparent }, place) => (traceparent ? [[place, traceparent] as const] : []))
  return traced.length === 0 ? undefined : Object.fromEntries(traced)
}

function lengthOf({ data, event, key }: NewMessage): number {
  return lengths + (data?.byteLength ?? 0) + Buffer.byteLength(event ?? '') + Buffer.byteLength(key ?? '')
}

/**
 * @throws AnywireError `internal` for a frame of another format, or of another channel whose name has the same hash.
 */
export function decodeFrame(channel: ChannelName, seq: number, bytes: Buffer): Frame {
  if (bytes[0] !== format) {
    const knows = `this Anywire knows format ${format}: update it.`
    throw new AnywireError('internal', `What NATS holds of "${channel}" has format ${bytes[0]}; ${knows}`)
  }
  const start = fixed + bytes.readUInt32BE(1)
  const head = JSON.parse(bytes.toString('utf8', fixed, start)) as FrameHead
  if (head.channel !== channel) {
    throw new AnywireError('internal', `What NATS holds of "${channel}" is of another channel: "${head.channel}".`)
  }
  const offsets = offsetsOf(seq, head.groups)
  const end = offsets.at(-1) ?? head.previous
  let decoded: Message[] | undefined
  return {
    ...head,
    ...{ seq, end, count: offsets.length },
    get messages() {
      decoded ??= decodeMessages(head, offsets, bytes, start)
      return decoded
    },
  }
}

function offsetsOf(seq: number, groups: readonly Group[]): Offset[] {
  const offsets: Offset[] = []
  for (const [micros, count] of groups) {
    for (let i = 0; i < count; i++) offsets.push(mintOffset(micros, seq * placesPerFrame + offsets.length + 1))
  }
  return offsets
}

function decodeMessages(head: FrameHead, offsets: readonly Offset[], bytes: Buffer, start: number): Message[] {
  const { traces } = head
  let at = start
  let { previous } = head
  const part = (size: number) => {
    if (size === absent) return undefined
    at += size
    return bytes.subarray(at - size, at)
  }
  return offsets.map((offset, place) => {
    const sizes = [0, 4, 8].map((place) => bytes.readUInt32BE(at + place)) as [number, number, number]
    at += lengths
    const [event, key] = [part(sizes[1])?.toString(), part(sizes[2])?.toString()]
    const traceparent = traces?.[place]
    const message = { offset, previous, data: part(sizes[0]), event, key, ...(traceparent && { traceparent }) }
    previous = offset
    return message
  })
}

/** An offset of a frame that has no number yet: the number is put in by `placed`. */
export function unplaced(micros: number, place: number): Offset {
  return mintOffset(micros, place)
}

/** An offset, of whatever frame, once the frame that was not stored yet has its number. */
export function placed(offset: Offset, seq: number): Offset {
  const number = numberOf(offset)
  const isPlaced = number === 0 || number >= placesPerFrame
  return isPlaced ? offset : mintOffset(microsOf(offset), seq * placesPerFrame + number)
}

/** The number of the frame that an offset names; 0 of a birth. */
export function frameOf(offset: Offset): number {
  return Math.floor(numberOf(offset) / placesPerFrame)
}

export function later(one: Offset, other: Offset): Offset {
  return one < other ? other : one
}
