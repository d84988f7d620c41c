/** The bodies of PUT and POST on a channel's URL: the elements of a JSON array, one value, or bytes. */
import { Body, type BodyMessage } from '../../core/publish/body.js'
import type { NewMessage } from '../../core/store.js'
import { AnywireError } from '../../protocol/error.js'
import { splitJson } from '../../protocol/json.js'
import { type Kind, mediaType } from '../../protocol/message.js'
import { mostBodyBytes } from '../door/frame-limits.js'
import type { Exchange } from '../http/exchange.js'
import { messageField } from '../http/stream-headers.js'
import { header } from '../http/target.js'

const noBytes = new Uint8Array(0)

/** The type that `curl -d` and forms send with any body. */
const formType = 'application/x-www-form-urlencoded'

abstract class RequestBody extends Body {
  protected readonly exchange: Exchange
  /** They apply to every message of the request. */
  protected readonly fields: Pick<NewMessage, 'key' | 'event'>
  /** The content type that came. */
  protected readonly named: string | undefined
  protected bytes: Uint8Array = noBytes

  constructor(exchange: Exchange) {
    super()
    const { request } = exchange
    this.exchange = exchange
    this.named = header(request, 'content-type')
    this.fields = { key: messageField(request, 'message-key'), event: messageField(request, 'message-event') }
  }

  get contentType(): string | undefined {
    return this.named
  }

  get isEmpty(): boolean {
    return this.bytes.length === 0
  }

  override get size(): number {
    return this.bytes.length
  }

  override arrive(): Promise<void> {
    const { context, channel } = this.exchange
    return this.exchange.readBody(mostBodyBytes(context, channel)).then((bytes) => this.arrived(bytes))
  }

  protected arrived(bytes: Uint8Array): void {
    this.bytes = bytes
    this.check()
    this.exchange.checkSender()
  }

  /** Checks what can be checked once the bytes are here. @throws AnywireError `bad-request` */
  protected abstract check(): void

  protected read(_contentType: string, kind: Kind): readonly BodyMessage[] {
    if (kind !== 'json') return [{ message: { data: this.bytes, ...this.fields } }]
    const { jsonDepth: depth, messagesPerPublish } = this.exchange.context.limits
    const parts = splitJson(this.bytes, 'The body', { depth, messages: messagesPerPublish })
    return parts.map((data) => ({ message: { data, ...this.fields } }))
  }
}

/** The body of a POST: messages, or nothing if the request closes. Without bytes, a `Message-Key` makes a tombstone. */
export class AppendBody extends RequestBody {
  readonly #closes: boolean

  constructor(exchange: Exchange, closes: boolean) {
    super(exchange)
    this.#closes = closes
  }

  override get contentType(): string | undefined {
    return this.bytes.length === 0 || this.#isUntyped ? undefined : this.named
  }

  override get isEmpty(): boolean {
    return this.bytes.length === 0 && this.fields.key === undefined
  }

  protected override arrived(bytes: Uint8Array): void {
    super.arrived(bytes)
    const { context, channel } = this.exchange
    context.headQuirk.settle(channel)
  }

  /** No type came, or one without meaning: where channels are created on use, the channel's own type is used. */
  get #isUntyped(): boolean {
    const { named } = this
    if (named === 'application/json') return false
    return this.exchange.context.create === 'on-use' && (named === undefined || mediaType(named) === formType)
  }

  protected check(): void {
    if (this.isEmpty && !this.#closes)
      throw new AnywireError('bad-request', 'The body is empty: send a message, or Stream-Closed: true to close.')
    if (this.bytes.length > 0 && this.named === undefined && !this.#isUntyped)
      throw new AnywireError('bad-request', 'Content-Type is missing: send that of the channel.')
  }

  protected override read(contentType: string, kind: Kind): readonly BodyMessage[] {
    if (this.isEmpty) return []
    if (this.bytes.length === 0) return [{ message: { data: undefined, ...this.fields } }]
    const messages = super.read(contentType, kind)
    if (messages.length > 0) return messages
    throw new AnywireError('bad-request', 'The array is empty: send at least one message.')
  }
}

/** The body of a PUT: the first messages of the channel. */
export class CreateBody extends RequestBody {
  protected check(): void {
    const { key, event } = this.fields
    if (!this.isEmpty || (key === undefined && event === undefined)) return
    const sentence = 'The body is empty: Message-Key and Message-Event go with the messages of a body.'
    throw new AnywireError('bad-request', sentence)
  }
}
