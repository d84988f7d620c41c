/** What is written down of a channel, and of its messages. */
import type { ChannelConfig } from '../../core/store.js'
import type { Message } from '../../protocol/message.js'
import { mintOffset, type Offset } from '../../protocol/offset.js'
import type { Origin } from '../rules/config.js'

/** A channel. Written with every append, so it is small; nothing in it grows with the log. */
export interface ChannelRecord {
  /** The number of this log: another one after the channel was deleted and made again. Messages stand under it. */
  readonly id: number
  config: ChannelConfig
  readonly origin: Origin | undefined
  readonly birth: Offset
  floor: Offset
  head: Offset
  /** The last microsecond minted. */
  micros: number
  /** When the newest message came, in milliseconds, as it counts for its age: never before an earlier one. */
  cameAt: number
  /** Payload bytes of the messages from `floor` on. */
  bytes: number
  /** What all that is held of it takes: messages, those kept for their keys, keys, producers. */
  weight: number
  /** Messages up to this number are gone, but for those kept for their keys. */
  swept: number
  /** Keys of which the newest message is kept. */
  keys: number
  producers: number
  /** Counts appends with a producer: which was unused longest. */
  uses: number
  closed: boolean
  /** The last `Stream-Seq`. */
  seq: string | undefined
  /** Milliseconds of the last append or touch. */
  usedAt: number
}

/** A record as it is written: an array, which is small, with its configuration as JSON, which many channels share. */
export type PackedRecord = readonly unknown[]

/** Configurations that were read, by their text: those of one rule are one object. */
const configs = new Map<string, ChannelConfig>()
const maxConfigs = 1_000
const texts = new WeakMap<ChannelConfig, string>()

export function packRecord(record: ChannelRecord): PackedRecord {
  const { id, config, origin, birth, floor, head, micros, cameAt, bytes, weight, swept } = record
  const { keys, producers, uses, closed, seq, usedAt } = record
  const numbers = [micros, cameAt, bytes, weight, swept, keys, producers, uses, usedAt]
  return [id, textOf(config), birth, floor, head, closed, seq, origin, ...numbers]
}

export function unpackRecord(packed: PackedRecord): ChannelRecord {
  const [id, config, birth, floor, head, closed, seq, origin, ...numbers] = packed as [
    ...[number, string, Offset, Offset, Offset, boolean, string | undefined, Origin | undefined],
    ...number[],
  ]
  const [micros = 0, cameAt = 0, bytes = 0, weight = 0, swept = 0, keys = 0, producers = 0, uses = 0, usedAt = 0] =
    numbers
  return {
    ...{ id, config: configOf(config), origin, birth, floor, head, micros, cameAt, bytes, weight, swept },
    ...{ keys, producers, uses, closed, seq, usedAt },
  }
}

function textOf(config: ChannelConfig): string {
  let text = texts.get(config)
  if (text === undefined) {
    text = JSON.stringify(config)
    texts.set(config, text)
  }
  return text
}

function configOf(text: string): ChannelConfig {
  let config = configs.get(text)
  if (!config) {
    config = JSON.parse(text) as ChannelConfig
    if (configs.size >= maxConfigs) configs.clear()
    configs.set(text, config)
    texts.set(config, text)
  }
  return config
}

/** What is remembered of a name that holds no channel any more. */
export interface TombstoneRecord {
  readonly birth: Offset
  readonly micros: number
  /** Its place among all tombstones: the oldest is forgotten first. */
  readonly place: number
}

/** A producer of a channel. */
export interface ProducerRecord {
  readonly epoch: number
  readonly seq: number
  /** Its place among the uses of the channel's producers. */
  readonly use: number
}

/** A name that is forked, or a fork, or both. */
export interface LineageRecord {
  readonly source: string | undefined
  readonly forks: number
  /** Deleted, and kept for its forks. */
  readonly gone: boolean
}

/** What the store knows of itself. */
export interface StoreRecord {
  readonly format: number
  /** The next number of a log. */
  ids: number
  channels: number
  tombstones: number
  /** The next place of a tombstone. */
  places: number
  /** Where names begin that were never written, in microseconds. */
  unwritten: number
  /** What all channels take. */
  weight: number
}

export interface Stored {
  readonly message: Message
  /** The number of the message of the same key before this one; 0: there is none. */
  readonly before: number
  /** As `cameAt`. */
  readonly at: number
}

const headBytes = 8 * 4 + 2 + 2 + 1
const absent = 0xffff
/** What a message takes besides its bytes and texts: its key, and its share of the pages. */
const overhead = 64

/**
 * micros (8) · micros of the message before (8) · when it came (8) · number of the one of its key before (8) · lengths
 * of event and key (2, 2) · tombstone (1) · event · key · data
 */
export function encodeMessage({ message, before, at }: Stored): Buffer {
  const { offset, previous, data, event, key } = message
  const events = event === undefined ? 0 : Buffer.byteLength(event)
  const keys = key === undefined ? 0 : Buffer.byteLength(key)
  const out = Buffer.allocUnsafe(headBytes + events + keys + (data?.byteLength ?? 0))
  out.writeDoubleBE(Number(offset.slice(0, 16)), 0)
  out.writeDoubleBE(Number(previous.slice(0, 16)), 8)
  out.writeDoubleBE(at, 16)
  out.writeDoubleBE(before, 24)
  out.writeUInt16BE(event === undefined ? absent : events, 32)
  out.writeUInt16BE(key === undefined ? absent : keys, 34)
  out[36] = data === undefined ? 1 : 0
  if (event !== undefined) out.write(event, headBytes)
  if (key !== undefined) out.write(key, headBytes + events)
  if (data) out.set(data, headBytes + events + keys)
  return out
}

export function decodeMessage(number: number, bytes: Buffer): Stored {
  const events = bytes.readUInt16BE(32)
  const keys = bytes.readUInt16BE(34)
  const keyAt = headBytes + (events === absent ? 0 : events)
  const dataAt = keyAt + (keys === absent ? 0 : keys)
  const message: Message = {
    offset: mintOffset(bytes.readDoubleBE(0), number),
    previous: mintOffset(bytes.readDoubleBE(8), number - 1),
    data: bytes[36] === 1 ? undefined : new Uint8Array(bytes.buffer, bytes.byteOffset + dataAt, bytes.length - dataAt),
    event: events === absent ? undefined : bytes.toString('utf8', headBytes, keyAt),
    key: keys === absent ? undefined : bytes.toString('utf8', keyAt, dataAt),
  }
  return { message, before: bytes.readDoubleBE(24), at: bytes.readDoubleBE(16) }
}

export function weightOf({ data, event = '', key = '' }: Pick<Message, 'data' | 'event' | 'key'>): number {
  return overhead + (data?.byteLength ?? 0) + event.length + key.length
}
