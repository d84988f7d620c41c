/** What a request publishes: how it is read depends on the type of its channel, which only the publisher knows. */
import { splitJson } from '../../protocol/json.js'
import { type Kind, kindOf } from '../../protocol/message.js'
import type { Limits } from '../limits.js'
import type { NewMessage } from '../store.js'

/** One message of a body. */
export interface BodyMessage {
  readonly message: NewMessage
  /** The value of its JSON, if it was parsed already; nothing else refers to it. Absent: not parsed yet. */
  readonly value?: unknown
}

/** The base of all bodies: each form has its own. */
export abstract class Body {
  #read: { readonly kind: Kind; readonly messages?: readonly BodyMessage[]; readonly thrown?: unknown } | undefined

  /** The content type that came. Undefined: the channel's own is meant. Asked once the body is here. */
  abstract readonly contentType: string | undefined
  /** The request publishes nothing: it only creates or closes. Asked once the body is here. */
  abstract readonly isEmpty: boolean

  /** Bytes of a client that are held until it is published. @default 0: they are the server's own */
  get size(): number {
    return 0
  }

  /**
   * Receives the body. Called once, after the permission check. Rejects if the body does not arrive. Absent: it is here
   * already.
   */
  arrive?(): Promise<void>

  /**
   * The messages for a channel of this type. The body is read once, however often this is called for one kind of
   * channel.
   * @throws AnywireError `bad-request` for what such a channel cannot hold, `too-large` for too many messages.
   */
  messagesFor(contentType: string): readonly BodyMessage[] {
    const kind = kindOf(contentType)
    if (this.#read?.kind !== kind) this.#read = this.#attempt(contentType, kind)
    const { messages, thrown } = this.#read
    if (messages === undefined) throw thrown
    return messages
  }

  #attempt(contentType: string, kind: Kind) {
    try {
      return { kind, messages: this.read(contentType, kind) }
    } catch (thrown) {
      return { kind, thrown }
    }
  }

  /** Reads the messages. JSON must be checked here, with its depth. @throws AnywireError as `messagesFor`. */
  protected abstract read(contentType: string, kind: Kind): readonly BodyMessage[]
}

/** Messages whose bytes are given; none, for a request that only creates or closes. */
export class BytesBody extends Body {
  readonly contentType: string | undefined
  readonly #messages: readonly NewMessage[]
  readonly #limits: Pick<Limits, 'jsonDepth'>

  constructor(messages: readonly NewMessage[], limits: Pick<Limits, 'jsonDepth'>, contentType?: string) {
    super()
    this.#messages = messages
    this.#limits = limits
    this.contentType = contentType
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0
  }

  override get size(): number {
    return this.#messages.reduce((sum, { data }) => sum + (data?.byteLength ?? 0), 0)
  }

  protected read(_contentType: string, kind: Kind): readonly BodyMessage[] {
    if (kind === 'json') {
      const { jsonDepth: depth } = this.#limits
      for (const { data } of this.#messages) if (data) splitJson(data, 'The message', { depth })
    }
    return this.#messages.map((message) => ({ message }))
  }
}
