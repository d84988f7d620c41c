/** The publish road: limits, permission, producer, schema, `receive`, and then the store; all messages or none. */
import { AnywireError } from '../../protocol/error.js'
import { type Kind, kindOf, mediaType } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { contextOf, type Principal, type ResolvedRule } from '../rule.js'
import type { AppendResult, ChannelInfo, NewMessage, Producer } from '../store.js'
import { Batch } from './batch.js'
import { Creation } from './creation.js'
import { checkContentType, checkField, checkProducer } from './fields.js'
import { Inspector, openAll } from './inspect.js'
import { Lanes, type Owner } from './lanes.js'
import { type CreateOutcome, type PublishOutcome, type Refused, type RemoveOutcome, refused } from './outcome.js'
import type {
  CreateRequest,
  Envelope,
  LatePublishRequest,
  PublishContent,
  Publisher,
  PublisherOptions,
  PublishRequest,
  RemoveRequest,
} from './publish-request.js'
import { PublishRate } from './rate-limit.js'
import { checkRights } from './rights.js'

/** Channels whose content type is remembered. */
const remembered = 10_000

export function createPublisher(options: PublisherOptions): Publisher {
  return new Road(options)
}

/** A publish on its way. */
interface Passage {
  readonly request: Envelope
  /** The content type that binds. */
  readonly named: string | undefined
  readonly rule: ResolvedRule
  readonly batch: Batch
}

class Road implements Publisher {
  readonly #options: PublisherOptions
  readonly #rate: PublishRate
  readonly #inspector: Inspector
  readonly #creation: Creation
  readonly #lanes = new Lanes()
  /** Content types that channels were found to have. A hint: the store checks it in the same step as it appends. */
  readonly #types = new Map<ChannelName, string>()

  constructor(options: PublisherOptions) {
    this.#options = options
    this.#rate = new PublishRate(options.limits)
    this.#inspector = new Inspector(options.limits)
    this.#creation = new Creation(options, this.#rate, this.#inspector)
  }

  get busyLanes(): number {
    return this.#lanes.size
  }

  publish(request: PublishRequest): Promise<PublishOutcome> {
    const refusal = this.#options.refusal?.()
    if (refusal) return Promise.resolve(refused(refusal))
    try {
      return this.#pass(request, request, true)
    } catch (thrown) {
      return Promise.resolve(this.#refuse(thrown))
    }
  }

  async publishLate(request: LatePublishRequest): Promise<PublishOutcome> {
    const refusal = this.#options.refusal?.()
    if (refusal) return refused(refusal)
    const { channel, author, close = false } = request
    if (author) {
      try {
        // Closing alone adds nothing, and whether it is alone the content says.
        const allowed = checkRights(this.#options.rules.of(channel), author.principal, { adds: !close, ends: close })
        if (allowed) await allowed
      } catch (thrown) {
        return this.#refuse(thrown)
      }
    }
    const content = await request.content()
    try {
      return await this.#pass(request, content, close && !isEmpty(content))
    } catch (thrown) {
      return this.#refuse(thrown)
    }
  }

  async create(request: CreateRequest): Promise<CreateOutcome> {
    const refusal = this.#options.refusal?.()
    return refusal ? refused(refusal) : this.#creation.create(request)
  }

  async remove(request: RemoveRequest): Promise<RemoveOutcome> {
    const refusal = this.#options.refusal?.()
    return refusal ? refused(refusal) : this.#creation.remove(request)
  }

  /** `asks`: the rights have not all been asked yet. @throws AnywireError what is wrong at first sight. */
  #pass(request: Envelope, content: PublishContent, asks: boolean): Promise<PublishOutcome> {
    const { channel, author, producer, seq, close = false } = request
    const { messages, contentType } = content
    const { limits, rules } = this.#options
    if (contentType !== undefined) checkContentType(contentType, limits)
    if (producer) checkProducer(producer, limits)
    if (seq !== undefined) checkField('Stream-Seq', seq, limits)
    const rule = rules.of(channel)
    const { messageBytes } = rule
    const batch = new Batch({ limits, messageBytes, rate: this.#rate, author, messages, mayBeEmpty: close })
    const passage: Passage = { request, named: namedType(content), rule, batch }
    const allowed =
      asks && author ? checkRights(rule, author.principal, { adds: !batch.empty || !close, ends: close }) : undefined
    const owners = ownersOf(request)
    if (allowed === undefined && !inspects(passage) && !this.#lanes.busy(channel, owners)) {
      const quick = this.#quick(passage, owners)
      if (quick) return quick
    }
    // Waiting for its turn it is not yet awaited: a refusal must not count as unhandled.
    if (allowed) allowed.catch(() => undefined)
    return this.#lanes.run(channel, owners, () => this.#inTurn(passage, allowed))
  }

  /** Straight to the store, if the content type is known and the messages are good. */
  #quick(passage: Passage, owners: readonly Owner[]): Promise<PublishOutcome> | undefined {
    const { request, named, batch } = passage
    if (named !== undefined || batch.empty) return this.#append(passage, named, this.#prepare(passage, named))
    const known = this.#types.get(request.channel)
    if (known === undefined) return undefined
    let messages: readonly NewMessage[]
    try {
      messages = this.#prepare(passage, known)
    } catch {
      return undefined
    }
    return this.#append(passage, known, messages).then((outcome) => {
      if (outcome.kind !== 'mismatch') return outcome
      this.#types.delete(request.channel)
      return this.#lanes.run(request.channel, owners, () => this.#inTurn(passage, undefined))
    })
  }

  /** In its lane: nothing else of this owner is under way in the channel. */
  async #inTurn(passage: Passage, allowed: void | Promise<void>): Promise<PublishOutcome> {
    const { request, named, rule, batch } = passage
    try {
      checkPatience(request)
      if (allowed) await allowed
      if (inspects(passage)) return await this.#inspected(passage)
      const type = named ?? (batch.empty ? undefined : typeOf(await this.#info(request.channel), rule))
      const outcome = await this.#append(passage, type, this.#prepare(passage, type))
      if (type !== undefined && outcome.kind === 'appended') this.#remember(request.channel, type)
      return outcome
    } catch (thrown) {
      return this.#refuse(thrown)
    }
  }

  /** [protocol 3.1] Malformed, unknown or gone, producer, closed, content type; only then the schema and `receive`. */
  async #inspected(passage: Passage): Promise<PublishOutcome> {
    const { request, named, rule, batch } = passage
    const { limits } = this.#options
    const info = await this.#info(request.channel)
    const type = named ?? typeOf(info, rule)
    const kind = kindOf(type)
    const opened = await openAll(batch.spell(type), kind, limits)
    const early = await this.#early(passage, type, info)
    if (early) return early
    const context = contextOf(rule, request.author!.principal)
    const { messages, reply } = await this.#inspector.inspect(opened, kind, rule, context)
    if (messages.length === 0 && !request.close) return { kind: 'replied', reply }
    const result = await this.#append(passage, type, messages)
    return reply === undefined ? result : { ...result, reply }
  }

  /** What the store would answer to the append, so far as it can be told before `receive` is asked. */
  async #early(
    { request, rule }: Passage,
    type: string,
    info: ChannelInfo | 'gone',
  ): Promise<PublishOutcome | undefined> {
    const { channel, producer } = request
    if (info === 'gone') return { kind: 'gone' }
    if (!info.exists && !this.#creates(request)) return { kind: 'missing' }
    if (producer && !info.exists && producer.seq > 0) {
      return { kind: 'sequence-gap', expected: 0, received: producer.seq }
    }
    if (producer && info.exists) {
      const check = await this.#options.store.append(channel, [], {
        producer: bound(producer, request.author?.principal),
      })
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
    { request, named, rule }: Passage,
    type: string | undefined,
    messages: readonly NewMessage[],
  ): Promise<AppendResult> {
    const { channel, producer, seq, close } = request
    const { store, limits } = this.#options
    return store.append(channel, messages, {
      create: this.#creates(request) ? configOf(named, rule) : undefined,
      producer: producer && bound(producer, request.author?.principal),
      maxProducers: limits.producersPerChannel,
      close,
      contentType: type,
      seq,
      revive: request.author === undefined,
    })
  }

  #creates({ create = this.#options.create === 'on-use' }: Envelope): boolean {
    return create
  }

  /** The messages as they are stored, checked against the content type. */
  #prepare(passage: Passage, type: string | undefined): readonly NewMessage[] {
    const { request, rule, batch } = passage
    const kind: Kind = type === undefined ? 'binary' : kindOf(type)
    return batch.prepare(type ?? rule.config.contentType, kind, request.valid === true, rule)
  }

  async #info(channel: ChannelName): Promise<ChannelInfo | 'gone'> {
    return (await this.#options.store.position([channel]))[0]!
  }

  #remember(channel: ChannelName, type: string): void {
    if (this.#types.size >= remembered) this.#types.delete(this.#types.keys().next().value!)
    this.#types.set(channel, type)
  }

  #refuse(thrown: unknown): Refused {
    const error = AnywireError.from(thrown)
    if (error.code === 'internal') this.#options.onError?.(error)
    return refused(error)
  }
}

function checkPatience({ waitsUntil }: Envelope): void {
  if (waitsUntil === undefined || performance.now() < waitsUntil) return
  const sentence = 'The publishes before this one took too long: send it again.'
  throw new AnywireError('unavailable', sentence, { details: { retryMs: 1_000 } })
}

function namedType({ contentType, lenientType }: PublishContent): string | undefined {
  return lenientType ? undefined : contentType
}

function typeOf(info: ChannelInfo | 'gone', rule: ResolvedRule): string {
  return (info !== 'gone' && info.contentType) || rule.config.contentType
}

/** What the channel is created with. The type that came is taken where the rule says nothing of types. */
function configOf(named: string | undefined, rule: ResolvedRule) {
  const own = named === undefined || rule.fixedType || named === rule.config.contentType
  return own ? rule.config : { ...rule.config, contentType: named }
}

function isEmpty({ messages }: PublishContent): boolean {
  return messages.length === 0 && typeof messages !== 'function'
}

function inspects({ request, rule, batch }: Passage): boolean {
  if (request.author === undefined || batch.empty) return false
  return rule.receive !== undefined || rule.validate !== undefined
}

/** [promise 4] A producer is its principal's: nobody else can fence it or use up its numbers. Neither part of the id holds a line break unnoticed. */
function bound(producer: Producer, principal: Principal | undefined): Producer {
  return principal === undefined ? producer : { ...producer, id: `${principal.id}\n${producer.id}` }
}

/** The server itself is one publisher, as a connection is. */
const server = {}

function ownersOf({ lane, producer, author }: Envelope): readonly Owner[] {
  const owners: Owner[] = []
  if (lane !== undefined) owners.push(lane)
  else if (author === undefined) owners.push(server)
  if (producer) owners.push(`producer\n${bound(producer, author?.principal).id}`)
  return owners
}
