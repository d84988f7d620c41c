/** The messages of one command: counted, checked, and given their keys. */
import { AnywireError } from '../../protocol/error.js'
import { type Kind, kindOf } from '../../protocol/message.js'
import type { Limits } from '../limits.js'
import type { Author, ResolvedRule } from '../rule.js'
import type { NewMessage } from '../store.js'
import type { Body, BodyMessage } from './body.js'
import { checkField, checkMessage } from './fields.js'
import { open, seal } from './inspect.js'
import { ownBytes } from './payload.js'
import type { PublishRate } from './rate-limit.js'

export interface BatchOptions {
  readonly limits: Limits
  readonly rule: ResolvedRule
  readonly rate: PublishRate
  /** Whose rate is charged. Absent: the server's own messages, which are not counted. */
  readonly author: Author | undefined
  /** A command without a message has another purpose. */
  readonly mayBeEmpty: boolean
}

export class Batch {
  readonly #body: Body
  readonly #options: BatchOptions
  #paid = 0

  /** @throws AnywireError `too-many` if not even one message is allowed now. */
  constructor(body: Body, options: BatchOptions) {
    this.#body = body
    this.#options = options
    this.#charge(1)
  }

  /** No message came, which is known before the body is read. */
  get isEmpty(): boolean {
    return this.#body.isEmpty
  }

  /** @throws AnywireError for what the channel cannot hold, too many messages or too large ones. */
  messagesFor(contentType: string): readonly BodyMessage[] {
    const messages = this.#body.messagesFor(contentType)
    this.#check(messages)
    return messages
  }

  /** As they are stored where no schema and no `receive` is asked. @throws AnywireError as `messagesFor`. */
  sealedFor(contentType: string): readonly NewMessage[] {
    const kind = kindOf(contentType)
    return this.messagesFor(contentType).map((one) => this.#seal(one, kind))
  }

  #check(messages: readonly BodyMessage[]): void {
    const { author, limits, rule, mayBeEmpty } = this.#options
    const { messagesPerPublish: most } = limits
    if (messages.length === 0 && !mayBeEmpty) {
      throw new AnywireError('bad-request', 'The publish holds no message: send at least one, or close the channel.')
    }
    if (author && messages.length > most) {
      const sentence = `The request holds ${messages.length} messages; the limit is ${most}: send several requests.`
      throw new AnywireError('too-large', sentence)
    }
    this.#charge(messages.length)
    for (const { message } of messages) checkMessage(message, limits, rule.messageBytes)
  }

  #charge(count: number): void {
    const { author, rate } = this.#options
    if (author === undefined || count <= this.#paid) return
    const paid = this.#paid
    // A refusal gives back what was paid.
    this.#paid = 0
    rate.charge(author, count, paid)
    this.#paid = count
  }

  #seal(one: BodyMessage, kind: Kind): NewMessage {
    const { limits, rule } = this.#options
    const { message } = one
    if (kind === 'json' && rule.keyOf && message.key === undefined) {
      const sealed = seal(open(one, kind, limits), rule)
      if (sealed.key !== undefined) checkField('key', sealed.key, limits)
      return sealed
    }
    const data = message.data && ownBytes(message.data)
    return data === message.data ? message : { ...message, data }
  }
}
