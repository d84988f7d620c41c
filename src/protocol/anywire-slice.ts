/** How `anywire.v1` encodes slices and frames on each wire. PROTOCOL.md 4.2 and 4.3. */
import { encodeServerFrame } from './anywire-frame.js'
import { type ByteWriter, scratch } from './byte-writer.js'
import { gapFacts } from './event-stream.js'
import type { Framing } from './framing.js'
import type { Gap, Kind, Message, Slice } from './message.js'
import type { ChannelName } from './name.js'
import { isUtf8 } from './utf8.js'
import { frame, frameIn, maxHeadBytes, opcodes, pingFrame } from './websocket-frame.js'

const heartbeatText = Buffer.from(encodeServerFrame({ type: 'heartbeat' }))

/** The frame in a WebSocket text frame. */
export const anywireSocket: Framing = {
  name: 'anywire-socket',
  encode: (slice) => socketFrame(slice),
  gap: (channel, gap) => frame(opcodes.text, gapText(channel, gap)),
  store: (channel, away) => frame(opcodes.text, storeText(channel, away)),
  end: (slice) => frame(opcodes.text, closedText(slice)),
  // The ping makes the browser answer, which shows the server that it lives; the frame shows the page that the server
  // does.
  heartbeat: Buffer.concat([frame(opcodes.text, heartbeatText), pingFrame]),
}

/** The frame in an event without name or id. */
export const anywireStream: Framing = {
  name: 'anywire-stream',
  encode: (slice) => asStreamEvent(anywireText(slice)),
  gap: (channel, gap) => asStreamEvent(gapText(channel, gap)),
  store: (channel, away) => asStreamEvent(storeText(channel, away)),
  end: (slice) => asStreamEvent(closedText(slice)),
  heartbeat: asStreamEvent(heartbeatText),
}

/** The frame's JSON alone; who answers a batch joins several into an array. */
export const anywireBatch: Framing = {
  name: 'anywire-batch',
  encode: (slice) => anywireText(slice),
  gap: gapText,
  end: closedText,
}

/** The same, for readers that ask which span each message comes from. */
export const tracedSocket: Framing = {
  ...anywireSocket,
  name: 'anywire-socket-traced',
  encode: (slice) => socketFrame(slice, true),
}
export const tracedStream: Framing = {
  ...anywireStream,
  name: 'anywire-stream-traced',
  encode: (slice) => asStreamEvent(anywireText(slice, true)),
}
export const tracedBatch: Framing = {
  ...anywireBatch,
  name: 'anywire-batch-traced',
  encode: (slice) => anywireText(slice, true),
}

function socketFrame(slice: Slice, traced?: boolean): Buffer {
  writeSlice(scratch.begin(maxHeadBytes), slice, traced)
  return frameIn(scratch, opcodes.text)
}

/** A slice as the JSON text of one `messages` frame. JSON payloads are the bytes that came. */
export function anywireText(slice: Slice, traced?: boolean): Buffer {
  writeSlice(scratch.begin(), slice, traced)
  return scratch.take()
}

/** The JSON text of a frame as a WebSocket text frame. */
export function asSocketFrame(text: string | Uint8Array): Buffer {
  return frame(opcodes.text, typeof text === 'string' ? Buffer.from(text) : text)
}

/** The JSON text of a frame as one event. A line break between its values becomes another `data:` field. */
export function asStreamEvent(text: string | Uint8Array): Buffer {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  return scratch.begin().dataLines(bytes, true).ascii('\n').take()
}

/** Writes the fields of one message, without the braces: `"offset":…,"data":…,"event":…,"key":…,"traceparent":…`. */
export function writeMessage(out: ByteWriter, message: Message, kind: Kind, traced = false): void {
  out.ascii('"offset":"').ascii(message.offset).ascii('"')
  if (message.data !== undefined) writeData(out, message.data, kind)
  if (message.event !== undefined) out.ascii(',"event":').text(JSON.stringify(message.event))
  if (message.key !== undefined) out.ascii(',"key":').text(JSON.stringify(message.key))
  if (traced && message.traceparent) out.ascii(',"traceparent":"').ascii(message.traceparent).ascii('"')
}

function writeData(out: ByteWriter, data: Uint8Array, kind: Kind): void {
  if (kind === 'json') out.ascii(',"data":').raw(data)
  else if (kind === 'text' && isUtf8(data)) out.ascii(',"data":').jsonString(data)
  else out.ascii(',"base64":"').base64(data).ascii('"')
}

function writeSlice(out: ByteWriter, slice: Slice, traced?: boolean): void {
  out.ascii('{"type":"messages","channel":').text(JSON.stringify(slice.channel)).ascii(',"messages":[')
  let first = true
  for (const message of slice.messages) {
    out.ascii(first ? '{' : ',{')
    writeMessage(out, message, slice.kind, traced)
    out.ascii('}')
    first = false
  }
  out.ascii(']}')
}

function storeText(channel: ChannelName, away: boolean): Buffer {
  return Buffer.from(encodeServerFrame({ type: 'store', channel, away }))
}

function gapText(channel: ChannelName, gap: Gap): Buffer {
  return Buffer.from(encodeServerFrame({ type: 'gap', channel, ...gapFacts(gap) }))
}

function closedText(slice: Slice): Buffer {
  return Buffer.from(encodeServerFrame({ type: 'closed', channel: slice.channel, offset: slice.to }))
}
