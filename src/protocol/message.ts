/** What a log holds and what of it is sent: messages, slices, gaps. */
import type { ChannelName } from './name.js'
import type { Offset } from './offset.js'

/** One message of a log. JSON is kept as the bytes that came. */
export interface Message {
  /** The position after this message. */
  readonly offset: Offset
  /** The offset of its predecessor in the log (the birth, for the first). */
  readonly previous: Offset
  /** Absent for a tombstone: a key without data. */
  readonly data: Uint8Array | undefined
  readonly event?: string | undefined
  readonly key?: string | undefined
  /** The span of who published it: 55 characters [W3C Trace Context 3.2]. Only where the hub traces. */
  readonly traceparent?: string | undefined
}

/** How the content type lets a message be spelt. */
export type Kind = 'json' | 'text' | 'binary'

/** Consecutive messages of one channel, as they leave in one write. */
export interface Slice {
  readonly channel: ChannelName
  readonly kind: Kind
  /** The position before the first message. */
  readonly from: Offset
  /** The position after the last message. Equals `from` when there are no messages. */
  readonly to: Offset
  readonly messages: readonly Message[]
  /** `to` was the head of the log when the slice was cut. */
  readonly upToDate: boolean
  /** The log is closed and ends at `to`. */
  readonly closed: boolean
}

/** Announced loss: what lies between `from` and `to` is not in this reading. */
export interface Gap {
  readonly reason: GapReason
  /** Where the reader stood. May be no offset of ours (reason `reset`). */
  readonly from: string
  /** Where reading goes on. */
  readonly to: Offset
  /** How many messages are missing, where the store counts densely. */
  readonly missed?: number | undefined
}

export type GapReason = 'trimmed' | 'reset' | 'conflated' | 'slow'

/** What `kind` a content type is: JSON, text, or anything else. Parameters such as charset do not matter. */
export function kindOf(contentType: string): Kind {
  const type = mediaType(contentType)
  if (type === 'application/json') return 'json'
  return type.startsWith('text/') ? 'text' : 'binary'
}

/** The type and subtype of a content type in lower case, without parameters (RFC 9110 §8.3.1). */
export function mediaType(contentType: string): string {
  const end = contentType.indexOf(';')
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase()
}
