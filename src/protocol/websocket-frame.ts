/** WebSocket frames as a server sends them (RFC 6455 §5.2), and the framing of plain WebSocket: one message a frame. */
import type { ByteWriter } from './byte-writer.js'
import type { Framing } from './framing.js'
import type { Kind, Message } from './message.js'
import { cutAt, isUtf8 } from './utf8.js'

export const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const
export type Opcode = (typeof opcodes)[keyof typeof opcodes]

/** Most bytes that stand before a payload. */
export const maxHeadBytes = 10
/** A close frame holds 125 bytes (RFC 6455 §5.5), of which the code takes two. */
export const maxReasonBytes = 123

/** An empty ping. */
export const pingFrame: Buffer = frame(opcodes.ping, new Uint8Array(0))

/**
 * PROTOCOL.md 3.5: text for JSON and text channels, binary for others and for text that is not UTF-8. Tombstones are
 * left out.
 */
export const websocketMessages: Framing = {
  name: 'websocket',
  encode(slice) {
    let size = 0
    for (const { data } of slice.messages) if (data) size += headBytes(data.length) + data.length
    const bytes = Buffer.allocUnsafe(size)
    let at = 0
    for (const message of slice.messages) at = writeMessage(bytes, at, message, slice.kind)
    return bytes
  },
  heartbeat: pingFrame,
}

/** One whole frame, unmasked. Control frames hold at most 125 bytes. */
export function frame(opcode: Opcode, payload: Uint8Array): Buffer {
  const head = headBytes(payload.length)
  const bytes = Buffer.allocUnsafe(head + payload.length)
  writeHead(bytes, 0, opcode, payload.length)
  bytes.set(payload, head)
  return bytes
}

/** Says of a data frame that its payload is compressed (RFC 7692 §6). */
const rsv1 = 0x40
/** What an inflater is given after each message instead of being sent it (RFC 7692 §7.2.1): `00 00 ff ff`. */
const tailBytes = 4

/**
 * Whole frames of ours with compressed payloads where `deflate` makes one; the others stay as they are. What `deflate`
 * answers must end with an empty stored block, and need nothing of what came before.
 */
export function deflateFrames(frames: Buffer, deflate: (payload: Buffer) => Buffer | undefined): Buffer {
  const parts: Buffer[] = []
  let kept = 0
  for (let at = 0; at < frames.length; ) {
    const opcode = (frames[at]! & 0x0f) as Opcode
    const { start, end } = payloadOf(frames, at)
    const compressed = opcode < opcodes.close ? deflate(frames.subarray(start, end)) : undefined
    if (compressed) {
      const one = frame(opcode, compressed.subarray(0, -tailBytes))
      one[0]! |= rsv1
      parts.push(frames.subarray(kept, at), one)
      kept = end
    }
    at = end
  }
  return parts.length === 0 ? frames : Buffer.concat([...parts, frames.subarray(kept)])
}

/** A close frame; the reason is cut to what fits. */
export function closeFrame(code: number, reason: string): Buffer {
  const text = Buffer.from(closeReason(reason))
  const payload = Buffer.allocUnsafe(2 + text.length)
  payload.writeUInt16BE(code)
  payload.set(text, 2)
  return frame(opcodes.close, payload)
}

/** `text` cut to 123 bytes of UTF-8, at a character's boundary. */
export function closeReason(text: string): string {
  const bytes = Buffer.from(text)
  return bytes.toString('utf8', 0, cutAt(bytes, maxReasonBytes))
}

/** Makes a frame of what was written after `maxHeadBytes` free bytes, without moving the payload twice. */
export function frameIn(out: ByteWriter, opcode: Opcode): Buffer {
  const length = out.length - maxHeadBytes
  const start = maxHeadBytes - headBytes(length)
  const bytes = out.take(start)
  writeHead(bytes, 0, opcode, length)
  return bytes
}

function writeMessage(bytes: Buffer, at: number, { data }: Message, kind: Kind): number {
  if (!data) return at
  const isText = kind === 'json' || (kind === 'text' && isUtf8(data))
  const start = writeHead(bytes, at, isText ? opcodes.text : opcodes.binary, data.length)
  bytes.set(data, start)
  return start + data.length
}

function headBytes(length: number): number {
  if (length < 126) return 2
  return length < 65_536 ? 4 : maxHeadBytes
}

/** Answers where the payload begins. */
function writeHead(bytes: Buffer, at: number, opcode: Opcode, length: number): number {
  bytes[at] = 0x80 | opcode
  if (length < 126) {
    bytes[at + 1] = length
    return at + 2
  }
  if (length < 65_536) {
    bytes[at + 1] = 126
    bytes[at + 2] = length >>> 8
    bytes[at + 3] = length & 0xff
    return at + 4
  }
  bytes[at + 1] = 127
  bytes.writeUInt32BE(Math.floor(length / 2 ** 32), at + 2)
  bytes.writeUInt32BE(length >>> 0, at + 6)
  return at + maxHeadBytes
}

/** Where the payload of the unmasked frame at `at` stands. */
function payloadOf(bytes: Buffer, at: number): { start: number; end: number } {
  const said = bytes[at + 1]! & 0x7f
  if (said < 126) return { start: at + 2, end: at + 2 + said }
  if (said === 126) return { start: at + 4, end: at + 4 + bytes.readUInt16BE(at + 2) }
  const length = bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6)
  return { start: at + maxHeadBytes, end: at + maxHeadBytes + length }
}
