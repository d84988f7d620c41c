/** What is sent to the scripts and what they answer, as bytes: messages, appends, wake-ups, the state of a channel. */
import type { AppendOptions, ChannelConfig, ChannelInfo, NewMessage, Wake } from '../../core/store.js'
import { type Message, mediaType } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { mintOffset, numberOf, type Offset } from '../../protocol/offset.js'
import { traceparentLength } from '../../protocol/traceparent.js'
import type { Origin } from '../rules/config.js'

/** What a script answers: numbers, texts as bytes, lists, nothing. */
export type Reply = number | Buffer | null | readonly Reply[]

const flag = { tombstone: 1, event: 2, key: 4, traced: 8 } as const
const asked = { close: 1, revive: 2, producer: 4, seq: 8, type: 16, create: 32 } as const

/** Puts bytes together. */
class Packer {
  readonly #parts: Uint8Array[] = []
  #length = 0

  add(...parts: readonly Uint8Array[]): this {
    for (const part of parts) {
      this.#parts.push(part)
      this.#length += part.length
    }
    return this
  }

  /** A text after its length, in two bytes or four. */
  text(text: string, wide = false): this {
    const bytes = Buffer.from(text)
    return this.add(wide ? uint32(bytes.length) : uint16(bytes.length), bytes)
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts, this.#length)
  }
}

function uint16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2)
  bytes.writeUInt16BE(value)
  return bytes
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function doubles(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(8 * values.length)
  for (const [index, value] of values.entries()) bytes.writeDoubleBE(value, 8 * index)
  return bytes
}

/**
 * Flags · lengths of event and key · event · key · data; after the length of all that. The traceparent, if there is one,
 * is the beginning of the event: scripts pass over both.
 */
function packMessage({ data, event, key, traceparent }: NewMessage): Buffer {
  const traces = traceparent === undefined ? 0 : traceparentLength
  const events = traces + (event === undefined ? 0 : Buffer.byteLength(event))
  const keys = key === undefined ? 0 : Buffer.byteLength(key)
  const length = 5 + events + keys + (data?.byteLength ?? 0)
  const out = Buffer.allocUnsafe(4 + length)
  out.writeUInt32BE(length)
  out[4] =
    (data === undefined ? flag.tombstone : 0) |
    (event === undefined ? 0 : flag.event) |
    (key === undefined ? 0 : flag.key) |
    (traces === 0 ? 0 : flag.traced)
  out.writeUInt16BE(events, 5)
  out.writeUInt16BE(keys, 7)
  if (traceparent !== undefined) out.write(traceparent, 9, 'latin1')
  if (event !== undefined) out.write(event, 9 + traces)
  if (key !== undefined) out.write(key, 9 + events)
  if (data) out.set(data, 9 + events + keys)
  return out
}

/** One append as `readAppend` of the scripts takes it. */
export function packAppend(
  messages: readonly NewMessage[],
  options: AppendOptions,
  most: number,
  step: number,
): Buffer {
  const { close, revive, producer, seq, contentType, create } = options
  const head = Buffer.allocUnsafe(7)
  head[0] =
    (close ? asked.close : 0) |
    (revive ? asked.revive : 0) |
    (producer ? asked.producer : 0) |
    (seq === undefined ? 0 : asked.seq) |
    (contentType === undefined ? 0 : asked.type) |
    (create ? asked.create : 0)
  head.writeUInt16BE(step, 1)
  head.writeUInt32BE(messages.length, 3)
  const packer = new Packer().add(head)
  if (producer) packer.text(producer.id).add(doubles(producer.epoch, producer.seq), uint32(most))
  if (seq !== undefined) packer.text(seq)
  if (contentType !== undefined) packer.text(mediaType(contentType))
  if (create) packer.text(packConfig(create), true)
  for (const message of messages) packer.add(packMessage(message))
  return packer.bytes
}

/** How many appends of a channel come, and these. */
export function packAppends(appends: readonly Buffer[]): Buffer {
  return Buffer.concat([uint32(appends.length), ...appends])
}

/** What is cut off a message: the bytes that a fork takes of it. */
export function packPart(value: Buffer, bytes: number): Buffer {
  const { data, ...said } = decode('0-0', value)
  return packMessage({ ...said, data: data?.subarray(0, bytes) }).subarray(4)
}

const packed = new WeakMap<ChannelConfig, string>()

/** A configuration as the scripts keep it. */
function packConfig(config: ChannelConfig): string {
  let text = packed.get(config)
  if (text === undefined) {
    text = JSON.stringify(configNumbers(config))
    packed.set(config, text)
  }
  return text
}

export function configNumbers({ contentType, retain, maxKeys, ttlSeconds, expiresAt, evictable }: ChannelConfig) {
  const { messages, bytes, ageMs } = retain
  const limits = [messages ?? -1, bytes ?? -1, ageMs ?? -1, maxKeys ?? -1, ttlSeconds ?? -1, expiresAt ?? -1]
  return [contentType, mediaType(contentType), ...limits, evictable]
}

/** A message from its id and what is stored of it. */
export function decode(id: string, value: Buffer): Message {
  const dash = id.indexOf('-')
  return decodeAt(Number(id.slice(0, dash)), Number(id.slice(dash + 1)), value)
}

function decodeAt(micros: number, number: number, value: Buffer): Message {
  const at = value[0] === 0 ? 17 : 33
  const flags = value[at]!
  const tracedAt = at + 5
  const eventAt = tracedAt + (flags & flag.traced ? traceparentLength : 0)
  const keyAt = tracedAt + value.readUInt16BE(at + 1)
  const dataAt = keyAt + value.readUInt16BE(at + 3)
  return {
    offset: mintOffset(micros, number),
    previous: mintOffset(value.readDoubleBE(1), number - 1),
    data:
      flags & flag.tombstone
        ? undefined
        : new Uint8Array(value.buffer, value.byteOffset + dataAt, value.length - dataAt),
    event: flags & flag.event ? value.toString('utf8', eventAt, keyAt) : undefined,
    key: flags & flag.key ? value.toString('utf8', keyAt, dataAt) : undefined,
    ...(eventAt > tracedAt && { traceparent: value.toString('latin1', tracedAt, eventAt) }),
  }
}

/** Pairs of ids and messages. */
export function decodeAll(pairs: readonly Reply[]): Message[] {
  const messages: Message[] = []
  for (let index = 0; index < pairs.length; index += 2)
    messages.push(decode(String(pairs[index]), pairs[index + 1] as Buffer))
  return messages
}

/** A wake-up as it was published. What cannot be read, because a newer release has written it, says to ask. */
export function decodeWake(channel: ChannelName, bytes: Buffer): Wake {
  const changed = { kind: 'changed', channel } as const
  // 'B' where it holds what a release that knows no traces would misread.
  const isKnown = bytes[0] === 1 && (bytes[1] === 0x41 || bytes[1] === 0x42)
  if (!isKnown || bytes.length < 19) return changed
  const next = mintOffset(bytes.readDoubleBE(2), bytes.readDoubleBE(10))
  const messages: Message[] = []
  for (let at = 19; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at + 16)
    const value = bytes.subarray(at + 20, at + 20 + length)
    messages.push(decodeAt(bytes.readDoubleBE(at), bytes.readDoubleBE(at + 8), value))
    at += 20 + length
  }
  return { kind: 'appended', channel, messages, next, closed: bytes[18] === 1 }
}

export interface KnownChannel {
  readonly info: ChannelInfo
  readonly birth: Offset
  readonly config: ChannelConfig
  readonly origin: Origin | undefined
}

const limitOf = (value: unknown) => (value === -1 ? undefined : (value as number))
const orNull = (value: unknown) => (value === -1 ? null : (value as number))

/** What `infoOf` of the scripts says. */
export function decodeInfo(reply: Reply): ChannelInfo {
  return decodeKnown(reply).info
}

export function decodeKnown(reply: Reply): KnownChannel {
  const [exists, birthMicros, floorMicros, floor, headMicros, head, closed, type, ...kept] = reply as readonly Reply[]
  const birth = mintOffset(birthMicros as number, 0)
  const earliest = mintOffset(floorMicros as number, floor as number)
  const place = { earliest, head: mintOffset(headMicros as number, head as number), closed: closed === 1 }
  const [messages, bytes, ageMs, maxKeys, ttl, end, evictable, origin] = kept
  const retain = { messages: orNull(messages), bytes: orNull(bytes), ageMs: orNull(ageMs) }
  const policy = { retain, maxKeys: limitOf(maxKeys) }
  const expiry = { ttlSeconds: limitOf(ttl), expiresAt: limitOf(end) }
  const contentType = exists === 1 ? String(type) : undefined
  const info =
    exists === 1
      ? { exists: true, contentType, ...place, ...expiry, policy }
      : { exists: false, contentType: undefined, ...place }
  return {
    info,
    birth,
    config: { contentType: contentType ?? '', ...expiry, ...policy, evictable: evictable === 1 },
    origin: Buffer.isBuffer(origin) ? (JSON.parse(String(origin)) as Origin) : undefined,
  }
}

/** An offset as the two numbers of a script. */
export function placeOf(offset: Offset): [micros: string, number: string] {
  return [offset.slice(0, 16), String(numberOf(offset))]
}
