/** The bytes of a message as a value, and back; and whose memory they are. */
import { AnywireError } from '../protocol/error.js'
import { parseJson } from '../protocol/json.js'
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
export function bytesOf(value: unknown, kind: Kind): Uint8Array {
  if (kind === 'json') {
    const json = JSON.stringify(value) as string | undefined
    if (json !== undefined) return Buffer.from(json)
  } else if (typeof value === 'string') return Buffer.from(value)
  else if (value instanceof Uint8Array) return value
  throw new AnywireError('internal', 'The server failed; its log says why.', {
    cause: new TypeError(`A rule left ${typeof value} as data, which a ${kind} channel cannot hold.`),
  })
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
