/** Reads WebSocket frames as a server does (RFC 6455 §5): messages and control frames, from chunks of any size. */

import { isUtf8 } from './utf8.js'
import { opcodes } from './websocket-frame.js'

export interface WebSocketReaderLimits {
  /** Most bytes of a message: before it is inflated, if it comes compressed. Asked of each frame. */
  readonly mostBytes: () => number
  /** Most frames of a message. */
  readonly mostFragments: number
  /** Messages may come compressed: permessage-deflate was negotiated, without context takeover. @default false */
  readonly deflates?: boolean
}

/** What came. Data is a view of the chunk, if it came in one. */
export type WebSocketInput =
  /** `deflated`: to be inflated. Text that is not is UTF-8. */
  | { readonly kind: 'message'; readonly data: Buffer; readonly isBinary: boolean; readonly deflated: boolean }
  | { readonly kind: 'ping' | 'pong'; readonly data: Buffer }
  /** `code` is 1005 for a close frame without one. */
  | { readonly kind: 'close'; readonly code: number }

/** What a client may not send. `code`: with which its connection is closed. */
export class WebSocketViolation extends Error {
  readonly code: 1002 | 1007 | 1008 | 1009

  constructor(code: WebSocketViolation['code'], message: string) {
    super(message)
    this.code = code
  }
}

interface Head {
  readonly opcode: number
  readonly final: boolean
  readonly deflated: boolean
  /** Of the payload. */
  readonly length: number
  /** Its four bytes. */
  readonly mask: number
}

const continuation = 0
/** Chunks below this are joined: else a message of a megabyte could come as a million Buffers. */
const smallBytes = 4_096
const empty = Buffer.alloc(0)

export class WebSocketReader {
  readonly #limits: WebSocketReaderLimits
  /** What was not read yet. */
  readonly #chunks: Buffer[] = []
  #unread = 0
  /** Of the frame whose payload is awaited. */
  #head: Head | undefined
  /** The message that comes in fragments: its first frame, and what it holds so far. */
  #first: Head | undefined
  #fragments: Buffer[] = []
  #frames = 0
  #bytes = 0
  /** Messages are of no interest any more. */
  #drops = false

  constructor(limits: WebSocketReaderLimits) {
    this.#limits = limits
  }

  /** Bytes that are kept: of a message that is not whole, and those not read yet. */
  get held(): number {
    return this.#unread + this.#bytes
  }

  push(chunk: Buffer): void {
    const last = this.#chunks.at(-1)
    if (last && last.length + chunk.length <= smallBytes)
      this.#chunks[this.#chunks.length - 1] = Buffer.concat([last, chunk])
    else this.#chunks.push(chunk)
    this.#unread += chunk.length
  }

  /**
   * The next that is whole; undefined: more has to come.
   * @throws WebSocketViolation, after which there is nothing more to read.
   */
  next(): WebSocketInput | undefined {
    while (true) {
      this.#head ??= this.#readHead()
      const head = this.#head
      if (!head) return undefined
      if (this.#drops && head.opcode < opcodes.close) {
        if (!this.#dropped(head)) return undefined
        continue
      }
      if (this.#unread < head.length) return undefined
      this.#head = undefined
      const data = this.#take(head.length)
      unmask(data, head.mask)
      const input = head.opcode >= opcodes.close ? control(head, data) : this.#fragment(head, data)
      if (input) return input
    }
  }

  /** Keeps nothing of messages from here on: after our close frame only that of the client counts [RFC 6455 §5.5.1]. */
  drop(): void {
    this.#drops = true
    this.#fragments = []
    this.#bytes = 0
  }

  /** Drops what is here of a frame. Answers whether that was the rest of it. */
  #dropped(head: Head): boolean {
    const count = Math.min(head.length, this.#unread)
    this.#skip(count)
    this.#head = count < head.length ? { ...head, length: head.length - count } : undefined
    if (this.#head) return false
    this.#first = head.final ? undefined : (this.#first ?? head)
    return true
  }

  #skip(count: number): void {
    this.#unread -= count
    for (let left = count; left > 0; ) {
      const chunk = this.#chunks.shift() ?? empty
      if (chunk.length > left) this.#chunks.unshift(chunk.subarray(left))
      left -= Math.min(chunk.length, left)
    }
  }

  #readHead(): Head | undefined {
    if (this.#unread < 2) return undefined
    const start = this.#peek(2)
    this.#check(start)
    const short = start.readUInt8(1) & 0x7f
    const size = 6 + (short === 126 ? 2 : short === 127 ? 8 : 0)
    if (this.#unread < size) return undefined
    const bytes = this.#peek(size)
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : longLength(bytes)
    const flags = bytes.readUInt8(0)
    const opcode = flags & 0x0f
    if (opcode < opcodes.close && this.#bytes + length > this.#limits.mostBytes())
      throw new WebSocketViolation(1009, 'The message is too large.')
    const mask = bytes.readInt32BE(size - 4)
    this.#take(size)
    return { opcode, final: (flags & 0x80) !== 0, deflated: (flags & 0x40) !== 0, length, mask }
  }

  /** @throws WebSocketViolation for what the first two bytes of a frame cannot be here. */
  #check(start: Buffer): void {
    const flags = start.readUInt8(0)
    const size = start.readUInt8(1)
    const opcode = flags & 0x0f
    const isControl = opcode >= opcodes.close
    const final = (flags & 0x80) !== 0
    const violates = (what: string) => {
      throw new WebSocketViolation(1002, what)
    }
    if ((flags & 0x30) !== 0) violates('RSV2 and RSV3 must be clear.')
    if ((flags & 0x40) !== 0 && (!this.#limits.deflates || isControl || opcode === continuation))
      violates('RSV1 must be clear.')
    if (opcode > opcodes.pong || (opcode > opcodes.binary && !isControl)) violates(`There is no opcode ${opcode}.`)
    if (opcode === continuation && !this.#first) violates('A continuation continues nothing.')
    if (!isControl && opcode !== continuation && this.#first) violates('A message began inside another one.')
    if (isControl && !final) violates('A control frame must not be fragmented.')
    if (isControl && (size & 0x7f) > 125) violates('A control frame has at most 125 bytes.')
    if ((size & 0x80) === 0) violates('A client must mask its frames.')
  }

  /** A frame of a message; answers the message if that is whole now. */
  #fragment(head: Head, data: Buffer): WebSocketInput | undefined {
    if (++this.#frames > this.#limits.mostFragments)
      throw new WebSocketViolation(1008, 'The message has too many fragments.')
    this.#bytes += data.length
    if (data.length > 0) this.#fragments.push(data)
    const first = this.#first ?? head
    this.#first = first
    if (!head.final) return undefined
    const whole = this.#fragments.length === 1 ? (this.#fragments[0] ?? empty) : Buffer.concat(this.#fragments)
    this.#first = undefined
    this.#fragments = []
    this.#frames = 0
    this.#bytes = 0
    const isBinary = first.opcode === opcodes.binary
    if (!isBinary && !first.deflated) checkText(whole)
    return { kind: 'message', data: whole, isBinary, deflated: first.deflated }
  }

  /** The next bytes, as one Buffer that begins with them; so many must be here. */
  #peek(count: number): Buffer {
    let first = this.#chunks[0] ?? empty
    while (first.length < count && this.#chunks.length > 1) {
      first = Buffer.concat(this.#chunks.slice(0, 2))
      this.#chunks.splice(0, 2, first)
    }
    return first
  }

  /** Takes so many bytes, which must be here. */
  #take(count: number): Buffer {
    if (count === 0) return empty
    this.#unread -= count
    const first = this.#chunks.shift() ?? empty
    if (first.length === count) return first
    if (first.length > count) {
      this.#chunks.unshift(first.subarray(count))
      return first.subarray(0, count)
    }
    const bytes = Buffer.allocUnsafe(count)
    let at = first.copy(bytes)
    while (at < count) {
      const chunk = this.#chunks.shift() ?? empty
      const part = Math.min(chunk.length, count - at)
      chunk.copy(bytes, at, 0, part)
      if (part < chunk.length) this.#chunks.unshift(chunk.subarray(part))
      at += part
    }
    return bytes
  }
}

/** @throws WebSocketViolation for a text message that is not UTF-8. */
export function checkText(data: Uint8Array): void {
  if (!isUtf8(data)) throw new WebSocketViolation(1007, 'A text message must be UTF-8.')
}

function control({ opcode }: Head, data: Buffer): WebSocketInput {
  if (opcode === opcodes.ping) return { kind: 'ping', data }
  if (opcode === opcodes.pong) return { kind: 'pong', data }
  if (data.length === 0) return { kind: 'close', code: 1005 }
  const code = data.length === 1 ? 0 : data.readUInt16BE(0)
  if (!isCloseCode(code)) throw new WebSocketViolation(1002, `A close frame cannot have the code ${code}.`)
  checkText(data.subarray(2))
  return { kind: 'close', code }
}

/** RFC 6455 §7.4: codes that may stand in a frame. */
function isCloseCode(code: number): boolean {
  if (code >= 3_000 && code < 5_000) return true
  return code >= 1_000 && code <= 1_014 && code !== 1_004 && code !== 1_005 && code !== 1_006
}

function longLength(bytes: Buffer): number {
  const length = bytes.readUInt32BE(2) * 2 ** 32 + bytes.readUInt32BE(6)
  if (Number.isSafeInteger(length)) return length
  throw new WebSocketViolation(1009, 'The message is too large.')
}

function unmask(data: Buffer, mask: number): void {
  if (mask === 0) return
  const [a, b, c, d] = [mask >>> 24, (mask >>> 16) & 0xff, (mask >>> 8) & 0xff, mask & 0xff]
  const whole = data.length & ~3
  for (let at = 0; at < whole; at += 4) {
    data[at] = (data[at] ?? 0) ^ a
    data[at + 1] = (data[at + 1] ?? 0) ^ b
    data[at + 2] = (data[at + 2] ?? 0) ^ c
    data[at + 3] = (data[at + 3] ?? 0) ^ d
  }
  if (whole < data.length) data[whole] = (data[whole] ?? 0) ^ a
  if (whole + 1 < data.length) data[whole + 1] = (data[whole + 1] ?? 0) ^ b
  if (whole + 2 < data.length) data[whole + 2] = (data[whole + 2] ?? 0) ^ c
}
