/** The bytes of a message as a value, and back; and whose memory they are. */
import { isUtf8 } from 'node:buffer'
import { AnywireError } from '../protocol/error.js'
import type { Kind } from '../protocol/message.js'

/** @throws AnywireError `bad-request` if the bytes are not UTF-8 or not JSON. */
export function parseJson(bytes: Uint8Array): unknown {
  if (!isUtf8(bytes)) {
    throw new AnywireError('bad-request', 'The message is not valid UTF-8: JSON is sent as UTF-8.')
  }
  try {
    return JSON.parse(textOf(bytes))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.slice(0, 160) : ''
    throw new AnywireError('bad-request', `The message is not valid JSON (${why}), and this channel holds JSON.`, {
      cause,
    })
  }
}

/** The value that rules see: parsed JSON, a string, or the bytes themselves. */
export function readValue(bytes: Uint8Array, kind: Kind): unknown {
  if (kind === 'json') return parseJson(bytes)
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
