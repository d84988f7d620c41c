/** Reads frames and bodies of `anywire.v1`. In large ones the data of messages is checked, but not parsed. */
import {
  type FrameReading,
  type PostBody,
  parsePostBody,
  type RequestLimits,
  readClientFrame,
  unparsed,
} from '../../../protocol/anywire-request.js'
import { AnywireError } from '../../../protocol/error.js'
import { parseJson, splitJson } from '../../../protocol/json.js'
import { fieldOf, messagesOf } from '../../../protocol/json-walk.js'

/** Smaller frames cannot keep a parser busy. */
const largeBytes = 65_536
/** Commas and brackets besides the data of messages: far more than the longest lists have. */
const mostMarks = 50_000

const comma = 0x2c
const openArray = 0x5b
const openObject = 0x7b
const empty = Buffer.from('[]')

/** As `readClientFrame`. Throws nothing. */
export function readFrame(bytes: Buffer, limits: RequestLimits): FrameReading {
  if (bytes.length <= largeBytes) return readClientFrame(bytes, limits)
  try {
    // What is in `data` stands one level further in.
    splitJson(bytes, 'The frame', { depth: limits.depth + 1 })
    const data = nested(fieldOf(bytes, 'data'))
    if (data === undefined) return readClientFrame(checked(bytes, 'The frame'), limits)
    const reading = readClientFrame(checked(without(bytes, [data]), 'The frame'), limits)
    if (reading.error || reading.frame.type !== 'publish') return reading
    return { frame: { ...reading.frame, data: unparsed, rawData: Buffer.from(data) } }
  } catch (thrown) {
    return { error: AnywireError.from(thrown), id: undefined }
  }
}

/** The body of a POST on the mount path. @throws AnywireError as `parseJson` and `parsePostBody`. */
export function readPostBody(bytes: Buffer, limits: RequestLimits): PostBody {
  const depth = limits.depth + 3
  if (bytes.length <= largeBytes) return parsePostBody(parseJson(bytes, 'The body', { depth }), bytes, limits)
  splitJson(bytes, 'The body', { depth })
  // Of a list that is too long the rest does not matter: it is refused.
  const publishes = messagesOf(fieldOf(bytes, 'publish') ?? new Uint8Array(0), limits.messages)
  const data = publishes.map((publish) => nested(fieldOf(publish, 'data'))).filter((found) => found !== undefined)
  const rest = checked(without(bytes, data), 'The body')
  return parsePostBody(parseJson(rest, 'The body', { depth }), bytes, limits)
}

/** Data that is an array or object. Parsing a string or number costs nothing. */
function nested(data: Uint8Array | undefined): Uint8Array | undefined {
  return data?.[0] === openArray || data?.[0] === openObject ? data : undefined
}

/** The text with empty arrays in place of these parts of it, which are in its order. */
function without(bytes: Buffer, parts: readonly Uint8Array[]): Buffer {
  const kept: Uint8Array[] = []
  let from = 0
  for (const part of parts) {
    const at = part.byteOffset - bytes.byteOffset
    kept.push(bytes.subarray(from, at), empty)
    from = at + part.length
  }
  return Buffer.concat([...kept, bytes.subarray(from)])
}

/**
 * @throws AnywireError `too-large` for more lists, objects and entries than any request has. In strings they count too.
 */
function checked(bytes: Buffer, what: string): Buffer {
  let count = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === comma || byte === openArray || byte === openObject) count++
  }
  if (count <= mostMarks) return bytes
  throw new AnywireError(
    'too-large',
    `${what} holds more than ${mostMarks} values besides the data of messages: send less.`,
  )
}
