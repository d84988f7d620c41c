/** Every framing once more, as a client that accepts compressed bytes reads it. */
import { gunzipSync, inflateRawSync } from 'node:zlib'
import { anywireBatch, anywireSocket, anywireStream } from '../protocol/anywire-v1.js'
import { body } from '../protocol/body.js'
import { durableSse } from '../protocol/durable-sse.js'
import { eventStream } from '../protocol/event-stream.js'
import type { Framing } from '../protocol/framing.js'
import type { Kind, Slice } from '../protocol/message.js'
import { opcodes, websocketMessages } from '../protocol/websocket-frame.js'
import { type Decoded, framingVectors, readEvents, readFrames } from '../testing/framing-vectors.js'
import { Compressor } from './compressor.js'
import { GzipStream, gzipHead } from './gzip.js'

const compressor = new Compressor(() => ({ minBytes: 0, level: 3 }))

/** Each write as a whole gzip stream; several follow one another as gzip's members do. */
function gzipped(framing: Framing): Framing {
  const { gap, end, heartbeat, store } = framing
  const stored = (bytes: Buffer) => member((stream) => stream.stored(bytes))
  return {
    ...framing,
    encode(slice: Slice) {
      const bytes = framing.encode(slice)
      const block = compressor.block(bytes, slice)
      return block ? member((stream) => stream.shared(block)) : stored(bytes)
    },
    ...(gap && { gap: (channel, lost) => stored(gap(channel, lost)) }),
    ...(end && { end: (slice) => stored(end(slice)) }),
    ...(heartbeat && { heartbeat: stored(heartbeat) }),
    ...(store && { store: (channel, away) => stored(store(channel, away)) }),
  }
}

function member(part: (stream: GzipStream) => Buffer): Buffer {
  const stream = new GzipStream()
  return Buffer.concat([gzipHead, part(stream), stream.end()])
}

function deflated(framing: Framing): Framing {
  return { ...framing, encode: (slice) => compressor.frames(framing.encode(slice), slice, 12) }
}

const tail = Buffer.from([0, 0, 0xff, 0xff])
const payloads = (bytes: Buffer): Buffer[] =>
  readFrames(bytes)
    .filter(({ opcode }) => opcode !== opcodes.ping)
    .map(({ opcode, payload }) =>
      opcode & 0x40 ? inflateRawSync(Buffer.concat([payload, tail]), { windowBits: 12, finishFlush: 2 }) : payload,
    )

interface Parsed {
  messages?: { data?: unknown; base64?: string; offset: string; event?: string; key?: string }[]
}

function decoded(text: string, kind: Kind): Decoded[] {
  const { messages = [] } = JSON.parse(text) as Parsed
  return messages.map(({ data, base64, ...rest }) => {
    if (base64 !== undefined) return { ...rest, data: Buffer.from(base64, 'base64') }
    if (data === undefined) return { ...rest, data: undefined }
    return { ...rest, data: Buffer.from(kind === 'json' ? JSON.stringify(data) : String(data)) }
  })
}

const all = ['json', 'text', 'binary'] as const
const bodyFlags = { joins: true, without: ['offset', 'event', 'key', 'tombstone'] } as const

framingVectors('event-stream, gzip', gzipped(eventStream), {
  kinds: ['json', 'text'],
  lineFeeds: true,
  utf8Only: true,
  without: ['key'],
  decode: (bytes) =>
    readEvents(gunzipSync(bytes)).events.map(({ event, data, id }) => ({
      offset: id,
      data: event === 'delete' ? undefined : Buffer.from(data),
      event: event === 'message' || event === 'delete' ? undefined : event,
    })),
})

framingVectors('anywire-stream, gzip', gzipped(anywireStream), {
  kinds: all,
  decode: (bytes, kind) => readEvents(gunzipSync(bytes)).events.flatMap(({ data }) => decoded(data, kind)),
})

framingVectors('anywire-batch, gzip', gzipped(anywireBatch), {
  kinds: all,
  decode: (bytes, kind) => decoded(gunzipSync(bytes).toString(), kind),
})

framingVectors('body, gzip', gzipped(body('binary')), {
  kinds: ['binary'],
  ...bodyFlags,
  decode(bytes) {
    const data = gunzipSync(bytes)
    return data.length === 0 ? [] : [{ data }]
  },
})

framingVectors('durable SSE, gzip', gzipped(durableSse('binary')), {
  kinds: ['binary'],
  ...bodyFlags,
  decode: (bytes) =>
    readEvents(gunzipSync(bytes))
      .events.filter(({ event }) => event === 'data')
      .map(({ data }) => ({ data: Buffer.from(data, 'base64') })),
})

framingVectors('websocket, deflate', deflated(websocketMessages), {
  kinds: all,
  without: ['offset', 'event', 'key', 'tombstone'],
  decode: (bytes) => payloads(bytes).map((data) => ({ data })),
})

framingVectors('anywire-socket, deflate', deflated(anywireSocket), {
  kinds: all,
  decode: (bytes, kind) => payloads(bytes).flatMap((payload) => decoded(payload.toString(), kind)),
})
