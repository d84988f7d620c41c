/** The framing of plain SSE with many channels: a block of ids says where all stand. PROTOCOL.md 3.4. */
import { writeMessage } from './anywire-slice.js'
import { scratch } from './byte-writer.js'
import { comment, gapEvent, gapFacts, positionBlock, storeComment } from './event-stream.js'
import type { Framing } from './framing.js'
import type { Kind, Message, Slice } from './message.js'
import type { ChannelName } from './name.js'
import { isOffset, type Offset } from './offset.js'

export const manyStream: Framing = {
  name: 'many-stream',
  encode: (slice) => slicesEvents(slice, false),
  // Without `id`: a reader's id is the positions of all channels, which the next block says.
  gap: (channel, gap) => gapEvent({ channel, ...gapFacts(gap) }),
  store: (_channel, away) => storeComment(away),
  heartbeat: comment,
}

/** The same, for readers that ask which span each message comes from. */
export const tracedManyStream: Framing = {
  ...manyStream,
  name: 'many-stream-traced',
  encode: (slice) => slicesEvents(slice, true),
}

function slicesEvents(slice: Slice, traced: boolean): Buffer {
  const events = slice.messages.map((message) => messageText(slice.channel, message, slice.kind, traced))
  scratch.begin()
  for (const text of events) scratch.dataLines(text, true).ascii('\n')
  return scratch.take()
}

/** Sent after the messages of a turn: the positions of all channels, in the order of the URL. */
export function positionsBlock(offsets: readonly Offset[]): Buffer {
  return positionBlock(offsets.join(','))
}

/** Reads such a block's id as it comes back in `Last-Event-ID`. Undefined if it is not `count` offsets. */
export function parsePositions(text: string, count: number): Offset[] | undefined {
  const offsets = text.split(',')
  return offsets.length === count && offsets.every(isOffset) ? offsets : undefined
}

function messageText(channel: ChannelName, message: Message, kind: Kind, traced: boolean): Buffer {
  scratch.begin().ascii('{"channel":').text(JSON.stringify(channel)).ascii(',')
  writeMessage(scratch, message, kind, traced)
  return scratch.ascii('}').take()
}
