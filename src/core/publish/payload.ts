/** Converts between the bytes of a message and its value, and copies bytes that share a large buffer. */
import { AnywireError } from '../../protocol/error.js'
import { checkDepth, parseJson } from '../../protocol/json.js'
import type { Kind } from '../../protocol/message.js'
import type { Limits } from '../limits.js'

/**
 * The value that rules see: parsed JSON, a string, or the bytes themselves.
 * @throws AnywireError `bad-request` for what is no JSON in a JSON channel.
 */
export function readValue(bytes: Uint8Array, kind: Kind, limits: Pick<Limits, 'jsonDepth'>): unknown {
  if (kind === 'json') return parseJson(bytes, 'The message', { depth: limits.jsonDepth, finite: true })
  return kind === 'text' ? textOf(bytes) : bytes
}

/**
 * The bytes of a value that a rule put in place of text or bytes.
 * @throws AnywireError `internal` if the channel cannot hold it.
 */
export function bytesOf(value: unknown, kind: Kind): Uint8Array | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && value.isWellFormed()) return Buffer.from(value)
  if (value instanceof Uint8Array) return value
  throw failed(new TypeError(`A rule left ${typeof value} as data, which a ${kind} channel cannot hold.`))
}

/**
 * JSON of a value of the application, within the depth that clients may use.
 * @throws AnywireError `internal` for what has no such JSON: a function, a BigInt, a circle, a `toJSON` that throws.
 */
export function spellJson(value: unknown, what: string, limits: Pick<Limits, 'jsonDepth'>): string {
  try {
    return jsonOf(value, what, limits)
  } catch (cause) {
    throw failed(cause)
  }
}

/**
 * As `spellJson`, with an error for the caller: `what` is the subject of the sentence.
 * @throws AnywireError `bad-request`
 */
export function jsonOf(value: unknown, what: string, { jsonDepth: depth }: Pick<Limits, 'jsonDepth'>): string {
  let json: string | undefined
  try {
    json = JSON.stringify(value)
  } catch (cause) {
    throw new AnywireError('bad-request', `${what} has no spelling in JSON: ${why(cause)}.`, { cause })
  }
  if (json === undefined) {
    throw new AnywireError('bad-request', `${what} has no spelling in JSON: it is of type ${typeof value}.`)
  }
  // Each level takes two characters.
  if (json.length > 2 * depth) checkDepth(Buffer.from(json), what, depth)
  return json
}

/** The first line of what V8 says, or of what a `toJSON` threw. */
function why(cause: unknown): string {
  const sentence =
    cause instanceof Error ? cause.message : typeof cause === 'string' ? cause : `${typeof cause} was thrown`
  const [line = ''] = sentence.split('\n')
  return line.replace(/\.$/, '').slice(0, 160)
}

function failed(cause: unknown): AnywireError {
  return new AnywireError('internal', 'The server failed; its log says why.', { cause })
}

/**
 * Bytes that keep no more memory alive than they need: a small message is often a view into a large chunk of a socket,
 * and would hold all of it for as long as the message is kept. Views into Node's pool (8 KiB, shared by neighbours)
 * stay.
 */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  const slab = bytes.buffer.byteLength
  return slab > Buffer.poolSize && slab > 2 * bytes.byteLength + 1_024 ? Buffer.from(bytes) : bytes
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.isBuffer(bytes)
    ? bytes.toString('utf8')
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
