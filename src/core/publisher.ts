/** The publish road: limits, permission, producer, schema, `receive`, and then the store; all messages or none. */
import { AnywireError } from '../protocol/error.js'
import { type Kind, kindOf, mediaType } from '../protocol/message.js'
import type { ChannelName } from '../protocol/name.js'
import { checkContentType, checkField, checkMessages, checkProducer } from './fields.js'
import { inspect, open, seal } from './inspect.js'
import { Lanes, type Owner } from './lanes.js'
import type { Limits } from './limits.js'
import { type PublishOutcome, refused } from './outcome.js'
import { ownBytes } from './payload.js'
import { contextOf, mayPublish, type Principal, type ResolvedRule } from './rule.js'
import type { RuleTable } from './rule-table.js'
import type { AppendResult, ChannelInfo, NewMessage, Producer, Store } from './store.js'

export interface PublishRequest {
  readonly channel: ChannelName
  /** Bytes as they came; or what spells them, called once the channel's content type is known (twice, if that was remembered wrongly). It may throw AnywireError. */
  readonly messages: readonly NewMessage[] | ((contentType: string) => readonly NewMessage[])
  /** The bytes are known to be valid for the channel's type: JSON is not parsed again. @default false */
  readonly valid?: boolean | undefined
  /** The content type as it came. Absent: the channel's own. */
  readonly contentType?: string | undefined
  /** The content type that came binds nothing: the channel's own is meant. @default false */
  readonly lenientType?: boolean | undefined
  readonly producer?: Producer | undefined
  /** `Stream-Seq`. */
  readonly seq?: string | undefined
  /** Closes the channel in the same step. */
  readonly close?: boolean | undefined
  /** Who publishes. Absent: the server itself, for whom neither permission nor schema nor `receive` is asked. */
  readonly principal?: Principal | undefined
  /** The connection: what one lane publishes to one channel is processed in order. */
  readonly lane?: Owner | undefined
}

export interface PublisherOptions {
  readonly store: Store
  readonly rules: RuleTable
  readonly limits: Limits
  readonly create: 'on-use' | 'explicit'
  /** Why nothing is published at all, if that is so. */
  readonly refusal?: (() => AnywireError | undefined) | undefined
  /** Hears of failures inside `receive`, a schema, a permission or the store. @default nobody */
  readonly onError?: ((error: AnywireError) => void) | undefined
}

export interface Publisher {
  /** Never throws; rejects only if the store's `append` breaks its promise not to. */
  publish(request: PublishRequest): Promise<PublishOutcome>
  /** Lanes with something under way. */
  readonly busyLanes: number
}

/** Channels whose content type is remembered. */
const remembered = 10_000

export function createPublisher(options: PublisherOptions): Publisher {
  return new Road(options)
}

class Road implements Publisher {
  readonly #options: PublisherOptions
  readonly #lanes = new Lanes()
  /** Content types that channels were found to have. A hint: the store checks it in the same step as it appends. */
  readonly #types = new Map<ChannelName, string>()

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  get busyLanes(): number {
    return this.#lanes.size
  }

  publish(request: PublishRequest): Promise<PublishOutcome> {
    const refusal = this.#options.refusal?.()
    if (refusal) return Promise.resolve(refused(refusal))
    try {
      const { channel } = request
      this.#checkFields(request)
      const rule = this.#options.rules.of(channel)
      const allowed = request.principal === undefined || mayPublish(rule, contextOf(rule, request.principal))
      if (allowed === false) return Promise.resolve(refused(forbidden(channel)))
      const owners = ownersOf(request)
      if (allowed === true && !inspects(request, rule) && !this.#lanes.busy(channel, owners)) {
        const quick = this.#quick(request, rule, owners)
        if (quick) return quick
      }
      // Waiting for its turn it is not yet awaited: a refusal must not count as unhandled.
      if (allowed !== true) allowed.catch(() => undefined)
      return this.#lanes.run(channel, owners, () => this.#inTurn(request, rule, allowed))
    } catch (thrown) {
      return Promise.resolve(this.#refuse(thrown))
    }
  }

  /** Straight to the store, if the content type is known and the messages are good. */
  #quick(request: PublishRequest, rule: ResolvedRule, owners: readonly Owner[]): Promise<PublishOutcome> | undefined {
    const named = namedType(request)
    if (named !== undefined || isEmpty(request))
      return this.#append(request, rule, named, this.#prepare(request, rule, named))
    const known = this.#types.get(request.channel)
    if (known === undefined) return undefined
    let messages: readonly NewMessage[]
    try {
      messages = this.#prepare(request, rule, known)
    } catch {
      return undefined
    }
    return this.#append(request, rule, known, messages).then((outcome) => {
      if (outcome.kind !== 'mismatch') return outcome
      this.#types.delete(request.channel)
      return this.#lanes.run(request.channel, owners, () => this.#inTurn(request, rule, true))
    })
  }

  /** In its lane: nothing else of this owner is under way in the channel. */
  async #inTurn(
    request: PublishRequest,
    rule: ResolvedRule,
    allowed: boolean | Promise<boolean>,
  ): Promise<PublishOutcome> {
    try {
      if (!(await allowed)) return refused(forbidden(request.channel))
      if (inspects(request, rule)) return await this.#inspected(request, rule)
      const named = namedType(request)
      const type = named ?? (isEmpty(request) ? undefined : typeOf(await this.#info(request.channel), rule))
      const outcome = await this.#append(request, rule, type, this.#prepare(request, rule, type))
      if (type !== undefined && outcome.kind === 'appended') this.#remember(request.channel, type)
      return outcome
    } catch (thrown) {
      return this.#refuse(thrown)
    }
  }

  /** [protocol 3.1] Malformed, unknown or gone, producer, closed, content type; only then the schema and `receive`. */
  async #inspected(request: PublishRequest, rule: ResolvedRule): Promise<PublishOutcome> {
    const info = await this.#info(request.channel)
    const type = namedType(request) ?? typeOf(info, rule)
    const kind = kindOf(type)
    const opened = this.#spell(request, type).map((message) => open(message, kind, this.#options.limits))
    const early = await this.#early(request, rule, type, info)
    if (early) return early
    const { messages, reply } = await inspect(
      opened,
      kind,
      rule,
      contextOf(rule, request.principal!),
      this.#options.limits,
    )
    checkMessages(messages, this.#options.limits)
    if (messages.length === 0 && !request.close) return { kind: 'replied', reply }
    const result = await this.#append(request, rule, type, messages)
    return reply === undefined ? result : { ...result, reply }
  }

  /** What the store would answer to the append, so far as it can be told before `receive` is asked. */
  async #early(
    request: PublishRequest,
    rule: ResolvedRule,
    type: string,
    info: ChannelInfo | 'gone',
  ): Promise<PublishOutcome | undefined> {
    const { channel, producer } = request
    if (info === 'gone') return { kind: 'gone' }
    if (!info.exists && this.#options.create === 'explicit') return { kind: 'missing' }
    if (producer && !info.exists && producer.seq > 0) {
      return { kind: 'sequence-gap', expected: 0, received: producer.seq }
    }
    if (producer && info.exists) {
      const check = await this.#options.store.append(channel, [], { producer: bound(producer, request.principal) })
      if (check.kind !== 'appended' && check.kind !== 'closed' && check.kind !== 'missing') return check
    }
    if (info.closed) return { kind: 'closed', next: info.head }
    const own = info.contentType ?? (rule.fixedType ? rule.config.contentType : type)
    if (mediaType(own) !== mediaType(type)) return { kind: 'mismatch', contentType: own }
    if (rule.validate && kindOf(own) !== 'json') {
      const sentence = `The rule of ${JSON.stringify(channel)} takes JSON, but the channel was created as ${own}.`
      return refused(new AnywireError('conflict', sentence))
    }
    return undefined
  }

  #append(
    request: PublishRequest,
    rule: ResolvedRule,
    type: string | undefined,
    messages: readonly NewMessage[],
  ): Promise<AppendResult> {
    const { channel, producer, seq, close } = request
    const { store, create, limits } = this.#options
    return store.append(channel, messages, {
      create: create === 'on-use' ? configOf(request, rule) : undefined,
      producer: producer && bound(producer, request.principal),
      maxProducers: limits.producersPerChannel,
      close,
      contentType: type,
      seq,
      revive: request.principal === undefined,
    })
  }

  /** The messages as they are stored, checked against the content type. */
  #prepare(request: PublishRequest, rule: ResolvedRule, type: string | undefined): readonly NewMessage[] {
    const messages = this.#spell(request, type ?? rule.config.contentType)
    const kind: Kind = type === undefined ? 'binary' : kindOf(type)
    return messages.map((message) => this.#seal(message, kind, request.valid === true, rule))
  }

  #seal(message: NewMessage, kind: Kind, valid: boolean, rule: ResolvedRule): NewMessage {
    const keyed = rule.keyOf !== undefined && message.key === undefined
    if (kind === 'json' && (!valid || keyed)) {
      const sealed = seal(open(message, kind, this.#options.limits), rule)
      if (keyed && sealed.key !== undefined) checkField('key', sealed.key, this.#options.limits)
      return sealed
    }
    const data = message.data && ownBytes(message.data)
    return data === message.data ? message : { ...message, data }
  }

  #spell(request: PublishRequest, type: string): readonly NewMessage[] {
    const { messages, close } = request
    const spelt = typeof messages === 'function' ? messages(type) : messages
    if (typeof messages === 'function') checkMessages(spelt, this.#options.limits)
    if (spelt.length > 0 || close) return spelt
    throw new AnywireError('bad-request', 'The publish holds no message: send at least one, or close the channel.')
  }

  #checkFields({ messages, contentType, producer, seq }: PublishRequest): void {
    const { limits } = this.#options
    if (contentType !== undefined) checkContentType(contentType, limits)
    if (typeof messages !== 'function') checkMessages(messages, limits)
    if (producer) checkProducer(producer, limits)
    if (seq !== undefined) checkField('Stream-Seq', seq, limits)
  }

  async #info(channel: ChannelName): Promise<ChannelInfo | 'gone'> {
    return (await this.#options.store.position([channel]))[0]!
  }

  #remember(channel: ChannelName, type: string): void {
    if (this.#types.size >= remembered) this.#types.delete(this.#types.keys().next().value!)
    this.#types.set(channel, type)
  }

  #refuse(thrown: unknown): PublishOutcome {
    const error = AnywireError.from(thrown)
    if (error.code === 'internal') this.#options.onError?.(error)
    return refused(error)
  }
}

function namedType({ contentType, lenientType }: PublishRequest): string | undefined {
  return lenientType ? undefined : contentType
}

function typeOf(info: ChannelInfo | 'gone', rule: ResolvedRule): string {
  return (info !== 'gone' && info.contentType) || rule.config.contentType
}

/** What the channel is created with. The type that came is taken where the rule says nothing of types. */
function configOf(request: PublishRequest, rule: ResolvedRule) {
  const named = namedType(request)
  return named === undefined || rule.fixedType ? rule.config : { ...rule.config, contentType: named }
}

function isEmpty({ messages }: PublishRequest): boolean {
  return messages.length === 0 && typeof messages !== 'function'
}

function inspects(request: PublishRequest, rule: ResolvedRule): boolean {
  if (request.principal === undefined || isEmpty(request)) return false
  return rule.receive !== undefined || rule.validate !== undefined
}

/** [promise 4] A producer is its principal's: nobody else can fence it or use up its numbers. Neither part of the id holds a line break unnoticed. */
function bound(producer: Producer, principal: Principal | undefined): Producer {
  return principal === undefined ? producer : { ...producer, id: `${principal.id}\n${producer.id}` }
}

/** The server itself is one publisher, as a connection is. */
const server = {}

function ownersOf({ lane, producer, principal }: PublishRequest): readonly Owner[] {
  const owners: Owner[] = []
  if (lane !== undefined) owners.push(lane)
  else if (principal === undefined) owners.push(server)
  if (producer) owners.push(`producer\n${bound(producer, principal).id}`)
  return owners
}

function forbidden(channel: ChannelName): AnywireError {
  return new AnywireError('forbidden', `You may not publish to ${JSON.stringify(channel)}.`)
}
