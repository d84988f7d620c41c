/** The messages of one request: spelt for the channel's type, counted, checked, and given their keys. */
import { AnywireError } from '../../protocol/error.js'
import type { Kind } from '../../protocol/message.js'
import type { Limits } from '../limits.js'
import type { Author, ResolvedRule } from '../rule.js'
import type { NewMessage } from '../store.js'
import { checkField, checkMessages } from './fields.js'
import { open, seal } from './inspect.js'
import { ownBytes } from './payload.js'
import type { PublishRate } from './rate-limit.js'

/** Bytes as they came; or what spells them, called once the channel's content type is known (twice, if that was remembered wrongly). It may throw AnywireError. */
export type Messages = readonly NewMessage[] | ((contentType: string) => readonly NewMessage[])

export interface BatchOptions {
  readonly limits: Limits
  /** Largest message, as the rule says. @default `limits.messageBytes` */
  readonly messageBytes?: number | undefined
  readonly rate: PublishRate
  /** Whose rate is charged. Absent: the server's own messages, which are not counted. */
  readonly author: Author | undefined
  readonly messages: Messages
  /** A request without a message has another purpose. */
  readonly mayBeEmpty: boolean
}

export class Batch {
  readonly #options: BatchOptions
  #paid = 0

  /** @throws AnywireError `too-many` if not even one message is allowed now, or what is wrong with messages that are spelt already. */
  constructor(options: BatchOptions) {
    this.#options = options
    this.#charge(1)
    if (typeof options.messages !== 'function') this.#check(options.messages)
  }

  /** No message came, which is known before they are spelt. */
  get empty(): boolean {
    const { messages } = this.#options
    return messages.length === 0 && typeof messages !== 'function'
  }

  /** @throws AnywireError for what the channel cannot hold, too many messages or too large ones. */
  spell(type: string): readonly NewMessage[] {
    const { messages } = this.#options
    if (typeof messages !== 'function') return messages
    const spelt = messages(type)
    this.#check(spelt)
    return spelt
  }

  /** As they are stored where no schema and no `receive` is asked. `valid`: JSON is known to be JSON. */
  prepare(type: string, kind: Kind, valid: boolean, rule: ResolvedRule): readonly NewMessage[] {
    return this.spell(type).map((message) => this.#seal(message, kind, valid, rule))
  }

  #check(messages: readonly NewMessage[]): void {
    const { author, limits, messageBytes, mayBeEmpty } = this.#options
    const { messagesPerPublish: most } = limits
    if (messages.length === 0 && !mayBeEmpty) {
      throw new AnywireError('bad-request', 'The publish holds no message: send at least one, or close the channel.')
    }
    if (author && messages.length > most) {
      const sentence = `The request holds ${messages.length} messages; the limit is ${most}: send several requests.`
      throw new AnywireError('too-large', sentence)
    }
    this.#charge(messages.length)
    checkMessages(messages, limits, messageBytes)
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

  #seal(message: NewMessage, kind: Kind, valid: boolean, rule: ResolvedRule): NewMessage {
    const { limits } = this.#options
    const keyed = rule.keyOf !== undefined && message.key === undefined
    if (kind === 'json' && (!valid || keyed)) {
      const sealed = seal(open(message, kind, limits), rule)
      if (keyed && sealed.key !== undefined) checkField('key', sealed.key, limits)
      return sealed
    }
    const data = message.data && ownBytes(message.data)
    return data === message.data ? message : { ...message, data }
  }
}
