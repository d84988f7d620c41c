/** The framing of plain SSE: one event per message, its offset as `id`. PROTOCOL.md 3.4. */
import { scratch } from './byte-writer.js'
import type { Framing } from './framing.js'
import type { Gap, Message } from './message.js'
import type { Offset } from './offset.js'

const breaking = /[\r\n\0]/g

/** A comment without text: readers pass over it. */
export const comment = Buffer.from(':\n\n')

/** Tells whoever looks at the stream why nothing comes: that the store is away, and that it is back. */
export function storeComment(away: boolean): Buffer {
  return Buffer.from(`: store ${away ? 'away' : 'back'}\n\n`)
}

export const eventStream: Framing = {
  name: 'event-stream',
  encode(slice) {
    scratch.begin()
    for (const message of slice.messages) writeEvent(message)
    return scratch.take()
  },
  gap(_channel, gap) {
    return gapEvent(gapFacts(gap), gap.to)
  },
  store: (_channel, away) => storeComment(away),
  heartbeat: comment,
}

/**
 * What a response begins with, so that a reader who saw no message resumes too. `position` is one offset, or several
 * joined by commas; without it a reader keeps the id that it has.
 */
export function opening(retryMs: number, position: string | undefined): Buffer {
  return Buffer.from(`retry: ${retryMs}\n${positionText(position)}`, 'latin1')
}

/**
 * Says where a reader stands, as an event `position`, which `onmessage` does not hear. It has data, which is empty:
 * Firefox forgets the id of a block without data, and other parsers make an empty message of it.
 */
export function positionBlock(position: string | undefined): Buffer {
  return Buffer.from(positionText(position), 'latin1')
}

function positionText(position: string | undefined): string {
  return `event: position\n${position === undefined ? '' : `id: ${position}\n`}data:\n\n`
}

/** Bytes as `data:` fields, one per line; CRLF, CR and LF each end a line. A leading space survives. */
export function dataLines(bytes: Uint8Array): Buffer {
  return scratch.begin().dataLines(bytes, true).take()
}

/** An event `gap` with `facts` as its data. With `id` a reader resumes after the gap. */
export function gapEvent(facts: object, id?: Offset): Buffer {
  return Buffer.from(`event: gap\ndata: ${JSON.stringify(facts)}\n${id === undefined ? '' : `id: ${id}\n`}\n`)
}

/** The facts of a gap, in the order in which every framing spells them. */
export function gapFacts(gap: Gap): Gap {
  const { reason, from, to, missed } = gap
  return missed === undefined ? { reason, from, to } : { reason, from, to, missed }
}

function writeEvent(message: Message): void {
  if (message.data === undefined) writeTombstone(message.key)
  else {
    if (message.event) scratch.ascii('event: ').text(oneLine(message.event)).ascii('\n')
    scratch.dataLines(message.data, true)
  }
  scratch.ascii('id: ').ascii(message.offset).ascii('\n\n')
}

function writeTombstone(key: string | undefined): void {
  scratch
    .ascii('event: delete\ndata: ')
    .text(JSON.stringify(key ?? null))
    .ascii('\n')
}

// Publishing refuses such names; all the same no name may break out of its field.
function oneLine(name: string): string {
  return name.replace(breaking, '')
}
