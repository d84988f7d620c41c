/** The vectors that every framing passes, and readers of events and frames to decode it with. */
import { describe, expect, it } from 'vitest'
import type { Framing } from '../protocol/framing.js'
import type { Kind, Message, Slice } from '../protocol/message.js'
import { mintOffset } from '../protocol/offset.js'

/** A message as a reader of the framing has it. */
export interface Decoded {
  readonly data: Uint8Array | undefined
  readonly offset?: string | undefined
  readonly event?: string | undefined
  readonly key?: string | undefined
}

/** What a framing can carry. What is absent it must spell; what is set here it may lose. */
export interface FramingFlags {
  /** The kinds of channel it is for. */
  readonly kinds: readonly Kind[]
  /** Reads the bytes of one or several writes back. */
  decode(bytes: Buffer, kind: Kind): readonly Decoded[]
  /** The messages of a slice arrive as one run of bytes. @default false */
  readonly joins?: boolean
  /** Text arrives with every line break as LF. @default false */
  readonly lineFeeds?: boolean
  /** Text that is not UTF-8 is damaged. @default false */
  readonly utf8Only?: boolean
  /** Fields of a message that are not carried. */
  readonly without?: readonly ('offset' | 'event' | 'key' | 'tombstone')[]
}

const half = Buffer.from('😀')

const large: Readonly<Record<Kind, readonly [Uint8Array, ...Uint8Array[]]>> = {
  json: [Buffer.from(JSON.stringify('x'.repeat(70_000)))],
  text: [Buffer.from('x'.repeat(70_000)), Buffer.from('é\n'.repeat(23_000))],
  binary: [new Uint8Array(70_000).fill(13)],
}

const payloads: Readonly<Record<Kind, Readonly<Record<string, readonly Uint8Array[]>>>> = {
  json: {
    'every kind of value': texts('null', 'true', '-0.5e3', '"a"', '[]', '{}', '[1,[2]]', '{"a":{"b":[]}}'),
    'white space with all three line breaks': texts('{\n  "a":\r\n  1,\r  "b": 2\n}'),
    'escapes and quotes': texts('"\\"\\\\\\n\\u0000\\ud83d\\ude00"', '{"\\"a]}":"[{"}'),
    'characters beyond ASCII': texts('"😀é\u2028\ufeff"'),
    '70 KB': large.json,
  },
  text: {
    'an empty message': texts('', 'a', ''),
    'all three line breaks': texts('a\nb\rc\r\nd', '\n', '\r\n\r\n', '\n\r', 'end\n'),
    'leading spaces': texts(' a\n  b\n c', ' '),
    'what looks like fields': texts('data: x\n\nevent: y\nid: 1\n\n', ':', 'retry: 1'),
    'NUL, quotes and other control characters': texts('\0', 'a\0b', '"\\\t\u001b\u007f'),
    'characters beyond ASCII, and a byte order mark': texts('😀é\u2028', '\ufeffa'),
    '70 KB': large.text,
  },
  binary: {
    'an empty message': [new Uint8Array(0), Uint8Array.of(0)],
    'every byte': [Uint8Array.from({ length: 256 }, (_, i) => i)],
    '70 KB': large.binary,
  },
}

/** Runs the vectors as a vitest suite. `name` is what the framing is called in the report. */
export function framingVectors(name: string, framing: Framing, flags: FramingFlags): void {
  describe(`framing ${name}`, () => {
    for (const kind of flags.kinds) {
      for (const [what, data] of Object.entries(payloads[kind])) {
        it(`carries ${what} in a ${kind} channel`, () => carries(framing, flags, kind, asMessages(data)))
      }
      fields(framing, flags, kind)
      purity(framing, flags, kind)
    }
    if (flags.kinds.includes('text') && !flags.utf8Only) {
      it('carries a character that is split over two messages', () => {
        carries(framing, flags, 'text', asMessages([half.subarray(0, 2), half.subarray(2)]))
      })
    }
  })
}

function fields(framing: Framing, flags: FramingFlags, kind: Kind): void {
  const [data] = large[kind]
  it(`carries event and key in a ${kind} channel`, () => {
    carries(framing, flags, kind, [message(1, data, { event: 'move', key: 'a/😀"\n' }), message(2, data, {})])
  })
  it(`keeps line breaks in an event name inside the name in a ${kind} channel`, () => {
    const decoded = flags.decode(
      framing.encode(sliceOf(kind, [message(1, data, { event: 'a\ndata: b\n\n\rc\0' })])),
      kind,
    )
    expect(decoded.map((one) => plain(one.data, kind, flags))).toEqual([plain(data, kind, flags)])
  })
  it(`tells a tombstone from an empty message in a ${kind} channel`, () => {
    carries(framing, flags, kind, [message(1, undefined, { key: 'gone"\n' }), message(2, data, {})])
  })
}

function purity(framing: Framing, flags: FramingFlags, kind: Kind): void {
  const slice = sliceOf(kind, asMessages(Object.values(payloads[kind]).flat()))
  it(`spells a ${kind} slice alike each time, in bytes that stay`, () => {
    const first = framing.encode(slice)
    const copy = Buffer.from(first)
    framing.encode(sliceOf(kind, asMessages(large[kind])))
    expect(framing.encode(slice).equals(copy)).toBe(true)
    expect(first.equals(copy)).toBe(true)
  })
  it(`spells nothing but the end of an empty ${kind} slice`, () => {
    expect(flags.decode(framing.encode(sliceOf(kind, [])), kind)).toEqual([])
  })
  const unseen = { heartbeat: framing.heartbeat, 'word of the store': framing.store?.('c', true) }
  for (const [what, said] of Object.entries(unseen)) {
    if (said === undefined) continue
    it(`lets a ${what} pass between two ${kind} slices unseen`, () => {
      const bytes = framing.encode(slice)
      const once = flags.decode(bytes, kind)
      expect(flags.decode(Buffer.concat([said, bytes, said]), kind)).toEqual(once)
    })
  }
}

function carries(framing: Framing, flags: FramingFlags, kind: Kind, messages: readonly Message[]): void {
  const decoded = flags.decode(framing.encode(sliceOf(kind, messages)), kind)
  const lost = new Set(flags.without)
  const kept = messages.filter((one) => one.data || !(flags.joins || lost.has('tombstone')))
  if (flags.joins) {
    const all = (list: readonly (Decoded | Message)[]) => Buffer.concat(list.map((one) => one.data ?? Buffer.alloc(0)))
    expect(plain(all(decoded), kind, flags)).toEqual(plain(all(kept), kind, flags))
    return
  }
  expect(decoded.map((one) => plain(one.data, kind, flags))).toEqual(kept.map((one) => plain(one.data, kind, flags)))
  for (const field of ['offset', 'event', 'key'] as const) {
    if (lost.has(field)) continue
    expect(named(decoded, field)).toEqual(named(kept, field))
  }
}

// A tombstone is spelt by an event's name where there is nothing else to spell it with; its own name is not carried.
function named(list: readonly (Decoded | Message)[], field: 'offset' | 'event' | 'key'): (string | undefined)[] {
  return list.map((one) => (one.data === undefined && field === 'event' ? undefined : one[field]))
}

/**
 * What of the bytes must be the same: the value of JSON, text up to its line breaks where the framing has but one,
 * bytes otherwise.
 */
function plain(data: Uint8Array | undefined, kind: Kind, flags: FramingFlags): unknown {
  if (data === undefined) return undefined
  const bytes = Buffer.from(data)
  if (kind === 'json') return JSON.parse(bytes.toString())
  if (kind === 'binary' || !flags.lineFeeds) return bytes.toString('hex')
  return Buffer.from(bytes.toString('latin1').replace(/\r\n?/g, '\n'), 'latin1').toString('hex')
}

/** A slice of these messages that ends at the head of an open channel. */
export function sliceOf(kind: Kind, messages: readonly Message[], more: Partial<Slice> = {}): Slice {
  const from = messages[0]?.previous ?? offset(0)
  const to = messages.at(-1)?.offset ?? from
  return { channel: 'room/é"1', kind, from, to, messages, upToDate: true, closed: false, ...more }
}

/** Message number `number` of a log. */
export function message(
  number: number,
  data: Uint8Array | string | undefined,
  more: { event?: string; key?: string } = {},
): Message {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  return { offset: offset(number), previous: offset(number - 1), data: bytes, ...more }
}

/** An event as an EventSource dispatches it. */
export interface ReadEvent {
  readonly event: string
  readonly data: string
  readonly id: string
}

/** Reads an event stream as the HTML standard says, §9.2.6. `lastEventId` is what a reconnect would send. */
export function readEvents(bytes: Uint8Array): { events: ReadEvent[]; lastEventId: string; retryMs?: number } {
  const events: ReadEvent[] = []
  let [event, data, id, lastEventId] = ['', '', '', '']
  let retryMs: number | undefined
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\r|\n/)
  lines.pop()
  for (const line of lines) {
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (line === '') {
      lastEventId = id
      if (data !== '') events.push({ event: event || 'message', data: data.slice(0, -1), id })
      event = data = ''
    } else if (name === 'event') event = value
    else if (name === 'data') data += `${value}\n`
    else if (name === 'id' && !value.includes('\0')) id = value
    else if (name === 'retry' && /^\d+$/.test(value)) retryMs = Number(value)
  }
  return retryMs === undefined ? { events, lastEventId } : { events, lastEventId, retryMs }
}

/** A WebSocket frame as a client reads it. */
export interface ReadFrame {
  readonly opcode: number
  readonly payload: Buffer
}

/** Reads unmasked, unfragmented WebSocket frames (RFC 6455 §5.2) that follow one another to the end. */
export function readFrames(bytes: Buffer): ReadFrame[] {
  const frames: ReadFrame[] = []
  let at = 0
  while (at < bytes.length) {
    const short = bytes.readUInt8(at + 1)
    const head = short === 126 ? 4 : short === 127 ? 10 : 2
    const length = head === 4 ? bytes.readUInt16BE(at + 2) : head === 10 ? Number(bytes.readBigUInt64BE(at + 2)) : short
    expect(bytes.length).toBeGreaterThanOrEqual(at + head + length)
    frames.push({ opcode: bytes.readUInt8(at) - 0x80, payload: bytes.subarray(at + head, at + head + length) })
    at += head + length
  }
  return frames
}

function asMessages(data: readonly Uint8Array[]): Message[] {
  return data.map((one, i) => message(i + 1, one))
}

function texts(...list: string[]): Uint8Array[] {
  return list.map((text) => Buffer.from(text))
}

function offset(number: number): string {
  return mintOffset(1_763_671_234_567_890, number)
}
