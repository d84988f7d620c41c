/** A message as it stands in a log on disk. */
import { AnywireError } from '../../protocol/error.js'
import type { Message } from '../../protocol/message.js'
import { mintOffset } from '../../protocol/offset.js'
import { traceparentLength } from '../../protocol/traceparent.js'
import { Place } from './place.js'

/** What its author has said. */
export type MessageBody = Pick<Message, 'data' | 'event' | 'key' | 'traceparent'>

export interface Stored {
  readonly place: Place
  /** When the message before it was stored, in microseconds. */
  readonly previousMicros: number
  readonly body: MessageBody
  /** The number of the message of the same key before this one; 0: there is none. */
  readonly before: number
  /** When it came, in milliseconds, as it counts for its age: never before an earlier one. */
  readonly at: number
}

/** @throws AnywireError `internal` if the message is not there, which the records say is kept. */
export function present(stored: Stored | undefined, number: number): Stored {
  if (stored) return stored
  throw new AnywireError('internal', `The store lacks message ${number} of a channel: its files are damaged.`)
}

const headBytes = 8 * 4 + 2 + 2 + 1
const absent = 0xffff
const flag = { tombstone: 1, traced: 2 } as const
/** What a message takes besides its bytes and texts: its key, and its share of the pages. */
const overhead = 64

/**
 * micros (8) · micros of the message before (8) · when it came (8) · number of the one of its key before (8) · lengths
 * of event and key (2, 2) · flags (1): 1 tombstone, 2 traced · traceparent (55, if traced) · event · key · data
 */
export function encodeMessage({ place, previousMicros, body, before, at }: Stored): Buffer {
  const { data, event, key, traceparent } = body
  const traces = traceparent === undefined ? 0 : traceparentLength
  const eventAt = headBytes + traces
  const events = event === undefined ? 0 : Buffer.byteLength(event)
  const keys = key === undefined ? 0 : Buffer.byteLength(key)
  const out = Buffer.allocUnsafe(eventAt + events + keys + (data?.byteLength ?? 0))
  out.writeDoubleBE(place.micros, 0)
  out.writeDoubleBE(previousMicros, 8)
  out.writeDoubleBE(at, 16)
  out.writeDoubleBE(before, 24)
  out.writeUInt16BE(event === undefined ? absent : events, 32)
  out.writeUInt16BE(key === undefined ? absent : keys, 34)
  out[36] = (data === undefined ? flag.tombstone : 0) | (traces > 0 ? flag.traced : 0)
  if (traceparent !== undefined) out.write(traceparent, headBytes, 'latin1')
  if (event !== undefined) out.write(event, eventAt)
  if (key !== undefined) out.write(key, eventAt + events)
  if (data) out.set(data, eventAt + events + keys)
  return out
}

export function decodeMessage(number: number, bytes: Buffer): Stored {
  const events = bytes.readUInt16BE(32)
  const keys = bytes.readUInt16BE(34)
  const flags = bytes[36] ?? 0
  const eventAt = headBytes + (flags & flag.traced ? traceparentLength : 0)
  const keyAt = eventAt + (events === absent ? 0 : events)
  const dataAt = keyAt + (keys === absent ? 0 : keys)
  const body: MessageBody = {
    data:
      flags & flag.tombstone
        ? undefined
        : new Uint8Array(bytes.buffer, bytes.byteOffset + dataAt, bytes.length - dataAt),
    event: events === absent ? undefined : bytes.toString('utf8', eventAt, keyAt),
    key: keys === absent ? undefined : bytes.toString('utf8', keyAt, dataAt),
    ...(eventAt > headBytes && { traceparent: bytes.toString('latin1', headBytes, eventAt) }),
  }
  const place = new Place(bytes.readDoubleBE(0), number)
  return {
    place,
    previousMicros: bytes.readDoubleBE(8),
    body,
    before: bytes.readDoubleBE(24),
    at: bytes.readDoubleBE(16),
  }
}

/** As it is read. */
export function messageOf({ place, previousMicros, body }: Stored): Message {
  const previous = mintOffset(previousMicros, place.number - 1)
  return { offset: place.offset, previous, ...body }
}

/** What counts for `retain.bytes`. */
export function sizeOf({ data, traceparent }: MessageBody): number {
  return (data?.byteLength ?? 0) + (traceparent?.length ?? 0)
}

export function weightOf(body: MessageBody): number {
  const { event = '', key = '' } = body
  return overhead + sizeOf(body) + event.length + key.length
}
