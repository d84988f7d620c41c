/** The framing of Durable Streams' SSE: `data` and `control` events. [DS §5.8], PROTOCOL.md 3.3. */
import { body } from './body.js'
import { scratch } from './byte-writer.js'
import { comment, storeComment } from './event-stream.js'
import type { Framing } from './framing.js'
import type { Kind, Message, Slice } from './message.js'
import { incompleteTail, splitsCharacter } from './utf8.js'

/** Cursors count intervals of 20 s since this moment [DS §8.1]. */
const cursorEpochMs = Date.UTC(2024, 9, 9)
const cursorIntervalMs = 20_000
/** Most intervals by which a cursor that came back is advanced: an hour. */
const mostJitter = 180

/** `cursor` is part of the name, so that readers of one interval share bytes. */
export function durableSse(kind: Kind, cursor?: number): Framing {
  const name = cursor === undefined ? `durable-sse:${kind}` : `durable-sse:${kind}:${cursor}`
  const whole: Framing = {
    name,
    encode: (slice) => encode(slice, kind, cursor),
    store: (_channel, away) => storeComment(away),
    heartbeat: comment,
  }
  return kind === 'text' ? { ...whole, fit: endsWhole } : whole
}

/** The cursor of a moment. */
export function cursorAt(nowMs: number): number {
  return Math.floor((nowMs - cursorEpochMs) / cursorIntervalMs)
}

/**
 * The cursor to answer with: the current one, or one beyond what the client sent, so that no cache meets its own key
 * again. `random` is from 0 to below 1.
 */
export function nextCursor(given: string | undefined, nowMs: number, random: number): number {
  const current = cursorAt(nowMs)
  if (given === undefined || !/^\d{1,16}$/.test(given) || Number(given) < current) return current
  const next = Number(given) + 1 + Math.floor(random * mostJitter)
  return Number.isSafeInteger(next) ? next : current
}

function encode(slice: Slice, kind: Kind, cursor: number | undefined): Buffer {
  const payload = slice.messages.some((message) => message.data?.length) ? body(kind).encode(slice) : undefined
  scratch.begin()
  if (payload && kind === 'binary') scratch.ascii('event: data\ndata:').base64(payload).ascii('\n\n')
  else if (payload) scratch.ascii('event: data\n').dataLines(payload, false).ascii('\n')
  // One space after `event:`, none after `data:` and nothing between the two: readers of this form match these bytes.
  scratch.ascii('event: control\ndata:').ascii(control(slice, cursor)).ascii(`\nid: ${slice.to}\n\n`)
  return scratch.take()
}

function control(slice: Slice, cursor: number | undefined): string {
  return JSON.stringify({
    streamNextOffset: slice.to,
    streamCursor: slice.closed || cursor === undefined ? undefined : String(cursor),
    upToDate: slice.upToDate || undefined,
    streamClosed: slice.closed || undefined,
  })
}

/**
 * Messages that wait at most for the rest of a character. So many hold all of its bytes, unless most of them are empty.
 */
const mostHeld = 16

/**
 * The most messages that together do not end inside a character: a reader decodes each event by itself. A character
 * that the next byte shows to be broken is not waited for. However large the slice is, only its last messages are
 * looked at.
 */
function endsWhole({ closed, messages }: Slice): number {
  const all = messages.length
  if (closed || incompleteTail(tail(messages, all)) === 0) return all
  let next: number | undefined
  for (let count = all - 1; count >= 0 && count > all - 1 - mostHeld; count--) {
    next = messages[count]?.data?.[0] ?? next
    const before = tail(messages, count)
    const begun = incompleteTail(before) > 0
    if (!begun || (next !== undefined && !splitsCharacter(before, next))) return count
  }
  return all > mostHeld ? all : 0
}

/** The last three bytes of the first `count` messages, or fewer if that is all that the last messages hold. */
function tail(messages: readonly Message[], count: number): Uint8Array {
  const last: number[] = []
  for (let i = count - 1; i >= 0 && i > count - 1 - mostHeld && last.length < 3; i--) {
    last.unshift(...(messages[i]?.data?.slice(last.length - 3) ?? []))
  }
  return Uint8Array.from(last)
}
