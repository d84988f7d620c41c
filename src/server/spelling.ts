/** How what a program publishes becomes bytes. */
import type { Limits } from '../core/limits.js'
import { Body, type BodyMessage } from '../core/publish/body.js'
import { jsonOf } from '../core/publish/payload.js'
import type { NewMessage } from '../core/store.js'
import { AnywireError } from '../protocol/error.js'
import { kindOf } from '../protocol/message.js'

/**
 * A message of a batch: a JSON value, a string or bytes, as the channel's content type has it. Absent with a key: a
 * tombstone.
 */
export interface BatchMessage {
  readonly data?: unknown
  readonly event?: string | undefined
  readonly key?: string | undefined
}

/** JSON of a value as it was when it was published. */
class JsonText {
  readonly bytes: Buffer

  constructor(value: unknown, limits: Limits) {
    this.bytes = Buffer.from(jsonOf(value, 'The data', limits))
  }
}

/** Values as they are when it is made: the program may change them, or use their memory again, at once. */
export class ValuesBody extends Body {
  readonly contentType = undefined
  readonly #kept: readonly BatchMessage[]
  readonly #limits: Limits

  /** @throws AnywireError `bad-request` for a value that cannot be read or spelt. */
  constructor(messages: readonly BatchMessage[], limits: Limits) {
    super()
    this.#kept = messages.map((message) => keep(message, limits))
    this.#limits = limits
  }

  get isEmpty(): boolean {
    return this.#kept.length === 0
  }

  protected read(contentType: string): readonly BodyMessage[] {
    return this.#kept.map((message) => ({ message: spell(message, contentType, this.#limits) }))
  }
}

/**
 * Holds on to the value as it is now: the program may change it, or use its memory again, at once.
 * @throws AnywireError `bad-request`
 */
function keep(message: BatchMessage, limits: Limits): BatchMessage {
  if (typeof message !== 'object' || message === null) {
    throw new AnywireError('bad-request', 'A message of a batch is an object: { data, event?, key? }.')
  }
  try {
    const { data } = message
    if (data instanceof Uint8Array) return { ...message, data: Buffer.from(data) }
    return typeof data === 'object' && data !== null ? { ...message, data: new JsonText(data, limits) } : message
  } catch (cause) {
    // A proxy or a getter may throw anything.
    if (cause instanceof AnywireError) throw cause
    throw new AnywireError('bad-request', 'The message cannot be read: a getter or a proxy in it throws.', { cause })
  }
}

/** Spells what `keep` answered. @throws AnywireError `bad-request` for what the channel cannot hold. */
function spell({ data, event, key }: BatchMessage, contentType: string, limits: Limits): NewMessage {
  return { data: data === undefined ? undefined : bytesOf(data, contentType, limits), event, key }
}

function bytesOf(data: unknown, contentType: string, limits: Limits): Uint8Array {
  const kind = kindOf(contentType)
  const isBytes = data instanceof Uint8Array
  if (kind === 'json') {
    if (!isBytes) return (data instanceof JsonText ? data : new JsonText(data, limits)).bytes
    throw new AnywireError('bad-request', 'The channel holds JSON: publish a JSON value, not bytes.')
  }
  if (isBytes) return data
  if (typeof data === 'string') {
    if (data.isWellFormed()) return Buffer.from(data)
    throw new AnywireError('bad-request', 'The text is not well-formed Unicode: half of a surrogate pair is missing.')
  }
  throw new AnywireError('bad-request', `The channel holds ${contentType}: publish a string or a Uint8Array.`)
}
