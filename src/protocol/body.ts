/** Framings of whole bodies: a page of the log, and the answer to a plain poll. PROTOCOL.md 3.2 and 3.6. */
import { type ByteWriter, scratch } from './byte-writer.js'
import type { Framing } from './framing.js'
import type { Kind, Message } from './message.js'
import { isUtf8 } from './utf8.js'

const jsonBody: Framing = {
  name: 'body:json',
  encode: (slice) => jsonArray(slice.messages, (out, data) => out.raw(data)),
}

const bytesBody: Framing = {
  name: 'body:bytes',
  encode(slice) {
    scratch.begin()
    for (const { data } of slice.messages) if (data) scratch.raw(data)
    return scratch.take()
  },
}

const pollBodies: Readonly<Record<Kind, Framing>> = {
  json: { name: 'poll:json', encode: jsonBody.encode },
  text: { name: 'poll:text', encode: (slice) => jsonArray(slice.messages, writeText) },
  binary: { name: 'poll:binary', encode: (slice) => jsonArray(slice.messages, writeBase64) },
}

/** A page: a JSON array, or bytes one after another. Tombstones are left out. */
export function body(kind: Kind): Framing {
  return kind === 'json' ? jsonBody : bytesBody
}

/**
 * A JSON array of JSON values, of strings (text; `{"base64"}` where it is not UTF-8) or of base64 strings (binary).
 * Tombstones are left out.
 */
export function pollBody(kind: Kind): Framing {
  return pollBodies[kind]
}

function jsonArray(messages: readonly Message[], write: (out: ByteWriter, data: Uint8Array) => void): Buffer {
  scratch.begin().ascii('[')
  let first = true
  for (const { data } of messages) {
    if (!data) continue
    if (!first) scratch.ascii(',')
    write(scratch, data)
    first = false
  }
  return scratch.ascii(']').take()
}

function writeText(out: ByteWriter, data: Uint8Array): void {
  if (isUtf8(data)) out.jsonString(data)
  else out.ascii('{"base64":"').base64(data).ascii('"}')
}

function writeBase64(out: ByteWriter, data: Uint8Array): void {
  out.ascii('"').base64(data).ascii('"')
}
