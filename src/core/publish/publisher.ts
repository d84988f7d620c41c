/** The publish path, which also refuses: limits, rights, producer, schema, `receive`, then the store; all or none. */

import { AnywireError } from '../../protocol/error.js'
import { kindOf, mediaType } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { keepNewest } from '../bound.js'
import { Pending } from '../pending.js'
import { type Author, contextOf, type Principal, type ResolvedRule } from '../rule.js'
import type { AppendResult, ChannelInfo, NewMessage, Producer } from '../store.js'
import { infoOf } from '../store-info.js'
import { Batch } from './batch.js'
import {
  type CreateCommand,
  checkRevoked,
  type PublishCommand,
  type PublisherOptions,
  type RemoveCommand,
} from './commands.js'
import { Creation } from './creation.js'
import { checkContentType, checkField, checkProducer } from './fields.js'
import { Inspector, keyOf, openAll } from './inspect.js'
import { Lanes, type Owner } from './lanes.js'
import { type CreateOutcome, type PublishOutcome, type Refused, type RemoveOutcome, refused } from './outcome.js'
import { PublishRate } from './rate-limit.js'
import { checkKeys, checkRights, type Deed } from './rights.js'
import { tracedMessages } from './traced-messages.js'

/** Channels whose content type is remembered. */
const remembered = 10_000

/** A publish under way. */
interface Passage {
  readonly command: PublishCommand
  readonly rule: ResolvedRule
  readonly batch: Batch
}

export class Publisher {
  readonly #options: PublisherOptions
  readonly #rate: PublishRate
  readonly #inspector: Inspector
  readonly #creation: Creation
  readonly #lanes = new Lanes()
  readonly #pending = new Pending()
  /** Known content types of channels. A hint: the store checks the type in the same step as it appends. */
  readonly #types = new Map<ChannelName, string>()

  constructor(options: PublisherOptions) {
    this.#options = options
    this.#rate = new PublishRate(options.limits)
    this.#inspector = new Inspector(options.limits)
    this.#creation = new Creation(options, this.#rate, this.#inspector, this.#pending)
  }

  /** Owners of lanes with something under way. */
  get busyLanes(): number {
    return this.#lanes.size
  }

  /** The limits have changed, in the object that it was given. */
  limitsChanged(): void {
    this.#rate.begin()
  }

  /** Resolves when nothing is under way: neither a publish nor a creation nor a deletion whose body has arrived. */
  idle(): Promise<void> {
    return this.#pending.idle()
  }

  /**
   * Never throws; rejects with what became of a body that did not arrive, or if the store's `append` breaks its promise
   * not to.
   */
  publish(command: PublishCommand): Promise<PublishOutcome> {
    const refusal = this.#options.refusal?.()
    if (refusal) return Promise.resolve(refused(refusal))
    const { body, close = false } = command
    if (body.arrive) return this.#received(command)
    return this.#pass(command, { adds: !body.isEmpty || !close, ends: close })
  }

  /**
   * Creates a channel, perhaps as a fork, with its first messages and perhaps closed. Rejects as `publish`, and with
   * what it is refused for.
   */
  async create(command: CreateCommand): Promise<CreateOutcome> {
    const refusal = this.#options.refusal?.()
    return refusal ? refused(refusal) : this.#creation.create(command)
  }

  /** Rejects with what it is refused for. */
  async remove(command: RemoveCommand): Promise<RemoveOutcome> {
    const refusal = this.#options.refusal?.()
    return refusal ? refused(refusal) : this.#pending.track(this.#creation.remove(command))
  }

  /** A publish whose body is received only if its author may publish. */
  #received(command: PublishCommand): Promise<PublishOutcome> {
    const { channel, author, close = false } = command
    if (!author) return this.#arrived(command)
    try {
      // Closing alone adds nothing, and whether it is alone the body says.
      const allowed = checkRights(this.#options.rules.of(channel), author.principal, { adds: !close, ends: close })
      if (!allowed) return this.#arrived(command)
      return allowed.then(
        () => this.#arrived(command),
        (thrown) => this.#refuse(thrown),
      )
    } catch (thrown) {
      return Promise.resolve(this.#refuse(thrown))
    }
  }

  async #arrived(command: PublishCommand): Promise<PublishOutcome> {
    const { body, close = false } = command
    await body.arrive?.()
    const refusal = this.#options.refusal?.()
    if (refusal) return refused(refusal)
    const asksAgain = close && !body.isEmpty
    return this.#pass(command, asksAgain ? { adds: true, ends: true } : undefined)
  }

  /** `deed`: what still needs a permission check. Throws nothing. */
  #pass(command: PublishCommand, deed: Deed | undefined): Promise<PublishOutcome> {
    try {
      return this.#pending.track(this.#send(command, deed))
    } catch (thrown) {
      return Promise.resolve(this.#refuse(thrown))
    }
  }

  /** @throws AnywireError what is wrong with the command itself. */
  #send(command: PublishCommand, deed: Deed | undefined): Promise<PublishOutcome> {
    const { channel, author } = command
    const passage = this.#begin(command)
    const allowed = author && deed ? checkRights(passage.rule, author.principal, deed) : undefined
    const owners = ownersOf(command)
    if (allowed === undefined && !inspects(passage) && !this.#lanes.busy(channel, owners)) {
      const quick = this.#quick(passage, owners)
      if (quick) return quick
    }
    // It is awaited later, in its turn: a rejection before that must not count as unhandled.
    if (allowed) allowed.catch(() => undefined)
    const release = author && this.#options.hold?.(author.address, command.body.size)
    const turn = this.#lanes.run(channel, owners, () => this.#inTurn(passage, allowed))
    return release ? turn.finally(release) : turn
  }

  /** @throws AnywireError what is wrong with the command itself. */
  #begin(command: PublishCommand): Passage {
    const { channel, author, producer, seq, body, close = false } = command
    const { limits, rules } = this.#options
    if (body.contentType !== undefined) checkContentType(body.contentType, limits)
    if (producer) checkProducer(producer, limits)
    if (seq !== undefined) checkField('Stream-Seq', seq, limits)
    const rule = rules.of(channel)
    const batch = new Batch(body, { limits, rule, rate: this.#rate, author, mayBeEmpty: close })
    return { command, rule, batch }
  }

  /** Appends without a turn in the lane, if the content type is known and the messages are valid. */
  #quick(passage: Passage, owners: readonly Owner[]): Promise<PublishOutcome> | undefined {
    const { command, batch } = passage
    const { channel, body } = command
    const named = body.contentType
    if (named !== undefined || batch.isEmpty) return this.#append(passage, named, this.#sealed(passage, named))
    const known = this.#types.get(channel)
    if (known === undefined) return undefined
    let messages: readonly NewMessage[]
    try {
      messages = batch.sealedFor(known)
    } catch {
      return undefined
    }
    return this.#append(passage, known, messages).then((outcome) => {
      if (outcome.kind !== 'mismatch') return outcome
      this.#types.delete(channel)
      return this.#lanes.run(channel, owners, () => this.#inTurn(passage, undefined))
    })
  }

  /** In its lane: nothing else of this owner is under way in the channel. */
  async #inTurn(passage: Passage, allowed: void | Promise<void>): Promise<PublishOutcome> {
    const { command, rule, batch } = passage
    const { channel, body } = command
    try {
      checkPatience(command)
      if (allowed) await allowed
      const { author } = command
      if (author && inspects(passage)) return await this.#inspected(passage, author)
      const type = body.contentType ?? (batch.isEmpty ? undefined : typeOf(await this.#info(channel), rule))
      const outcome = await this.#append(passage, type, this.#sealed(passage, type))
      if (type !== undefined && outcome.kind === 'appended') this.#remember(channel, type)
      return outcome
    } catch (thrown) {
      return this.#refuse(thrown)
    }
  }

  /** [protocol 3.1] Malformed, unknown or gone, producer, closed, content type; only then the schema and `receive`. */
  async #inspected(passage: Passage, author: Author): Promise<PublishOutcome> {
    const { command, rule, batch } = passage
    const { body, channel } = command
    const { limits } = this.#options
    const info = await this.#info(channel)
    const type = body.contentType ?? typeOf(info, rule)
    const kind = kindOf(type)
    const opened = await openAll(batch.messagesFor(type), kind, limits)
    const early = await this.#early(passage, type, info)
    if (early) return early
    const context = contextOf(rule, author.principal)
    // Before `receive`, which may have side effects.
    checkRevoked(this.#options, channel, author)
    checkKeys(rule, context.principal, opened, (one) => keyOf(one, rule))
    const { messages, reply } = await this.#inspector.inspect(opened, kind, rule, context)
    if (messages.length === 0 && !command.close) return { kind: 'replied', reply }
    const result = await this.#append(passage, type, messages)
    return reply === undefined ? result : { ...result, reply }
  }

  /** What the store would answer to the append, as far as it is known before `receive` is called. */
  async #early(
    { command, rule }: Passage,
    type: string,
    info: ChannelInfo | 'gone',
  ): Promise<PublishOutcome | undefined> {
    const { channel, producer, author } = command
    if (info === 'gone') return { kind: 'gone' }
    if (!info.exists && !this.#creates(command)) return { kind: 'missing' }
    if (producer && !info.exists && producer.seq > 0) {
      return { kind: 'sequence-gap', expected: 0, received: producer.seq }
    }
    if (producer && info.exists) {
      const check = await this.#options.store.append(channel, [], {
        producer: bound(producer, author?.principal),
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
    { command, rule }: Passage,
    type: string | undefined,
    messages: readonly NewMessage[],
  ): Promise<AppendResult> {
    const { channel, producer, seq, close, author, body, traceparent } = command
    const { store, limits } = this.#options
    checkRevoked(this.#options, channel, author)
    if (author) checkKeys(rule, author.principal, messages, ({ key }) => key)
    return store.append(channel, tracedMessages(messages, traceparent), {
      create: this.#creates(command) ? configOf(body.contentType, rule) : undefined,
      producer: producer && bound(producer, author?.principal),
      maxProducers: limits.producersPerChannel,
      close,
      contentType: type,
      seq,
      revive: author === undefined,
    })
  }

  #creates({ create = this.#options.create === 'on-use' }: PublishCommand): boolean {
    return create
  }

  /** The messages as they are stored. Without a type there are none. */
  #sealed({ rule, batch }: Passage, type: string | undefined): readonly NewMessage[] {
    return batch.sealedFor(type ?? rule.config.contentType)
  }

  #info(channel: ChannelName): Promise<ChannelInfo | 'gone'> {
    return infoOf(this.#options.store, channel)
  }

  #remember(channel: ChannelName, type: string): void {
    this.#types.set(channel, type)
    keepNewest(this.#types, remembered)
  }

  #refuse(thrown: unknown): Refused {
    const error = AnywireError.from(thrown)
    if (error.code === 'internal') this.#options.onError?.(error)
    return refused(error)
  }
}

function checkPatience({ waitsUntil }: PublishCommand): void {
  if (waitsUntil === undefined || performance.now() < waitsUntil) return
  const sentence = 'The publishes before this one took too long: send it again.'
  throw new AnywireError('unavailable', sentence, { details: { retryMs: 1_000 } })
}

function typeOf(info: ChannelInfo | 'gone', rule: ResolvedRule): string {
  return (info !== 'gone' && info.contentType) || rule.config.contentType
}

/** The configuration of a channel that is created. Without a type in the rule it takes the one that came. */
function configOf(named: string | undefined, rule: ResolvedRule) {
  const own = named === undefined || rule.fixedType || named === rule.config.contentType
  return own ? rule.config : { ...rule.config, contentType: named }
}

function inspects({ command, rule, batch }: Passage): boolean {
  if (command.author === undefined || batch.isEmpty) return false
  return rule.receive !== undefined || rule.validate !== undefined
}

/**
 * [promise 4] A producer belongs to its principal: no one else can fence it or use its numbers. The parts are joined by
 * a line break; producer ids cannot contain one.
 */
function bound(producer: Producer, principal: Principal | undefined): Producer {
  return principal === undefined ? producer : { ...producer, id: `${principal.id}\n${producer.id}` }
}

/** The server itself is one publisher, as a connection is. */
const server = {}

function ownersOf({ lane, producer, author }: PublishCommand): readonly Owner[] {
  const owners: Owner[] = []
  if (lane !== undefined) owners.push(lane)
  else if (author === undefined) owners.push(server)
  if (producer) owners.push(`producer\n${bound(producer, author?.principal).id}`)
  return owners
}
