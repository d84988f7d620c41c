/** How what a program publishes becomes bytes. */
import type { NewMessage } from '../core/store.js'
import { AnywireError } from '../protocol/error.js'
import { kindOf } from '../protocol/message.js'

/** A message of a batch: a JSON value, a string or bytes, as the channel's content type has it. Absent with a key: a tombstone. */
export interface BatchMessage {
  readonly data?: unknown
  readonly event?: string | undefined
  readonly key?: string | undefined
}

/** JSON of a value as it was when it was published. */
class JsonText {
  readonly bytes: Buffer

  constructor(value: unknown) {
    const text = JSON.stringify(value)
    if (text === undefined)
      throw new AnywireError('bad-request', 'What was published has no spelling in JSON: it is a function or a symbol.')
    this.bytes = Buffer.from(text)
  }
}

/** Holds on to the value as it is now: the program may change it, or use its memory again, at once. @throws AnywireError `bad-request` */
export function keep(message: BatchMessage): BatchMessage {
  const { data } = message
  if (data instanceof Uint8Array) return { ...message, data: Buffer.from(data) }
  return typeof data === 'object' && data !== null ? { ...message, data: new JsonText(data) } : message
}

/** Spells what `keep` answered. @throws AnywireError `bad-request` for what the channel cannot hold. */
export function spell({ data, event, key }: BatchMessage, contentType: string): NewMessage {
  return { data: data === undefined ? undefined : bytesOf(data, contentType), event, key }
}

function bytesOf(data: unknown, contentType: string): Uint8Array {
  if (kindOf(contentType) === 'json') return (data instanceof JsonText ? data : new JsonText(data)).bytes
  if (typeof data === 'string') return Buffer.from(data)
  if (data instanceof Uint8Array) return data
  throw new AnywireError('bad-request', `A channel of ${contentType} takes a string or a Uint8Array.`)
}
