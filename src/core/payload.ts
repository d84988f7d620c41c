/** The bytes of a message as a value, and back; and whose memory they are. */
import { AnywireError } from '../protocol/error.js'
import { checkShape, parseJson } from '../protocol/json.js'
import type { Kind } from '../protocol/message.js'
import type { Limits } from './limits.js'

/**
 * The value that rules see: parsed JSON, a string, or the bytes themselves.
 * @throws AnywireError `bad-request` for what is no JSON in a JSON channel.
 */
export function readValue(bytes: Uint8Array, kind: Kind, limits: Pick<Limits, 'jsonDepth'>): unknown {
  if (kind === 'json') return parseJson(bytes, 'The message', { depth: limits.jsonDepth })
  return kind === 'text' ? textOf(bytes) : bytes
}

/** The bytes of a value that a rule put in place of what came. @throws AnywireError `internal` if the channel cannot hold it. */
export function bytesOf(value: unknown, kind: Kind, limits: Pick<Limits, 'jsonDepth'>): Uint8Array {
  if (kind === 'json') return Buffer.from(spellJson(value, 'The data that a rule left', limits))
  if (typeof value === 'string') return Buffer.from(value)
  if (value instanceof Uint8Array) return value
  throw failed(new TypeError(`A rule left ${typeof value} as data, which a ${kind} channel cannot hold.`))
}

/**
 * JSON of what the application made, within the depth that clients are held to.
 * @throws AnywireError `internal` for what has no such JSON: a function, a BigInt, a circle, a `toJSON` that throws.
 */
export function spellJson(value: unknown, what: string, limits: Pick<Limits, 'jsonDepth'>): string {
  try {
    const json = JSON.stringify(value) as string | undefined
    if (json === undefined) throw new TypeError(`${what} is ${typeof value}, which JSON cannot spell.`)
    checkShape(json, what, { depth: limits.jsonDepth })
    return json
  } catch (cause) {
    throw failed(cause)
  }
}

function failed(cause: unknown): AnywireError {
  return new AnywireError('internal', 'The server failed; its log says why.', { cause })
}

/**
 * Bytes that keep no more memory alive than they need: a small message is often a view into a large chunk of a socket, and would hold all of it for
 * as long as the message is kept. Views into Node's pool (8 KiB, shared by neighbours) stay.
 */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  const slab = bytes.buffer.byteLength
  return slab > Buffer.poolSize && slab > 2 * bytes.byteLength + 1_024 ? Buffer.from(bytes) : bytes
}

function textOf(bytes: Uint8Array): string {
  return Buffer.isBuffer(bytes)
    ? bytes.toString('utf8')
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
