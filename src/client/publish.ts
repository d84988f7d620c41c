/** A publish as the application made it, and the room that publishes have while they wait. */
import { AnywireError } from '../protocol/error.js'
import { utf8Length } from './bytes.js'
import type { Deferred } from './deferred.js'
import { isDeeper, tooDeep } from './item.js'
import type { Draft } from './outbox-store.js'

export interface Acknowledgement {
  /**
   * The position after the message (for a duplicate: the head of the channel); undefined if the rule stored nothing.
   */
  readonly offset: string | undefined
  /** It had been stored before: this was a retry. */
  readonly duplicate: boolean
  /** What the rule's `receive` returned; undefined if it cannot be handed from one thread to another. */
  readonly reply: unknown
}

/** What the application is notified of before a publish ends. */
export interface PublishEvents {
  /** It would survive a reload. */
  readonly queued?: (() => void) | undefined
  /** The server has failed on it, or asked to wait: it is tried again. */
  readonly failing?: ((error: AnywireError) => void) | undefined
}

export class HeldPublish {
  readonly draft: Draft
  readonly events: PublishEvents
  /** The promise that the application waits for; a draft of an earlier page has none. */
  readonly waiting: Deferred<Acknowledgement> | undefined
  /** Of its draft as JSON. */
  readonly bytes: number

  constructor(draft: Draft, events: PublishEvents = {}, waiting?: Deferred<Acknowledgement>) {
    this.draft = draft
    this.events = events
    this.waiting = waiting
    this.bytes = utf8Length(JSON.stringify(draft))
  }

  /** Nobody sends it any more. */
  end(error: AnywireError): void {
    // What only `close` causes must not end a Node program that did not await its publish.
    if (error.code === 'closed') this.waiting?.promise.catch(() => {})
    this.waiting?.reject(error)
  }
}

/** What waits, counted. */
export class OutboxRoom {
  readonly #maxMessages: number
  readonly #maxBytes: number
  #bytes = 0
  size = 0

  constructor(maxMessages = 10_000, maxBytes = 67_108_864) {
    this.#maxMessages = maxMessages
    this.#maxBytes = maxBytes
  }

  /** @throws AnywireError `too-many` when there is none for a publish of so many bytes. */
  admit(bytes: number): void {
    if (this.size >= this.#maxMessages) throw tooMany(`${this.size} publishes`, 'maxMessages')
    if (this.#bytes + bytes > this.#maxBytes) throw tooMany(`${this.#bytes} bytes`, 'maxBytes')
    this.enter(bytes)
  }

  /** Is counted, however full it is: what an earlier page left. */
  enter(bytes: number): void {
    this.size++
    this.#bytes += bytes
  }

  leave(bytes: number): void {
    this.size--
    this.#bytes -= bytes
  }

  clear(): void {
    this.size = 0
    this.#bytes = 0
  }
}

const tooMany = (what: string, option: string) =>
  new AnywireError('too-many', `${what} wait: await some, or raise "outbox.${option}".`)

/** What is sent again is the same, whatever the program does to its object meanwhile. */
export function copyOf(data: unknown): unknown {
  if (data === undefined) return
  let copy: unknown
  try {
    copy = JSON.parse(JSON.stringify(data))
  } catch (cause) {
    throw new AnywireError('bad-request', `The data is not JSON: ${cause}`, { cause })
  }
  if (isDeeper(copy)) throw new AnywireError('bad-request', tooDeep)
  return copy
}
