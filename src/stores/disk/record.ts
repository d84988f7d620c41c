/** What is written down of a channel, and of its messages. */
import type { ChannelConfig } from '../../core/store.js'
import type { Offset } from '../../protocol/offset.js'
import type { Origin } from '../rules/config.js'
import type { Place } from './place.js'

/** A channel. Written with every append, so it is small; nothing in it grows with the log. */
export interface ChannelRecord {
  /** The number of this log: another one after the channel was deleted and made again. Messages stand under it. */
  readonly id: number
  config: ChannelConfig
  readonly origin: Origin | undefined
  readonly birth: Place
  floor: Place
  head: Place
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
  /** Its place among the on-use channels that hold nothing; 0: it is none of them. */
  emptyAt: number
}

/** What is remembered of a name that holds no channel any more. */
export interface TombstoneRecord {
  readonly birth: Offset
  /** The head of one that was evicted: a reader there has lost nothing. Absent: the birth. */
  readonly floor?: Offset
  readonly micros: number
  /** Its place among all tombstones: the oldest is forgotten first. */
  readonly place: number
}

/** A log that is being written and is no channel yet. */
export interface DraftRecord {
  /** Milliseconds of the last commit that wrote to it. */
  readonly at: number
  /** What it takes so far. */
  readonly weight: number
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
  format: number
  /** How many there were. */
  commits: number
  /** The next number of a log. */
  ids: number
  /** How many configurations have a number. */
  configs: number
  channels: number
  tombstones: number
  /** The next place of a tombstone. */
  places: number
  /** Where names begin that were never written, in microseconds. */
  unwritten: number
  /** What all channels take. */
  weight: number
}
