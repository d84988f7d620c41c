/** Creating and deleting channels, with the checks of a publish. PROTOCOL.md 3.1. */
import { AnywireError } from '../../protocol/error.js'
import { kindOf, mediaType } from '../../protocol/message.js'
import { type ChannelName, checkName } from '../../protocol/name.js'
import type { Pending } from '../pending.js'
import { contextOf, type ResolvedRule } from '../rule.js'
import type { Forks, NewMessage } from '../store.js'
import { infoOf } from '../store-info.js'
import { Batch } from './batch.js'
import { type Body, BytesBody } from './body.js'
import { type CreateCommand, checkRevoked, type PublisherOptions, type RemoveCommand } from './commands.js'
import { checkContentType } from './fields.js'
import { type Inspector, keyOf, openAll } from './inspect.js'
import type { CreateOutcome, RemoveOutcome } from './outcome.js'
import type { PublishRate } from './rate-limit.js'
import { checkKeys, checkReading, checkRights } from './rights.js'
import { tracedMessages } from './traced-messages.js'

export class Creation {
  readonly #options: PublisherOptions
  readonly #rate: PublishRate
  readonly #inspector: Inspector
  readonly #pending: Pending

  constructor(options: PublisherOptions, rate: PublishRate, inspector: Inspector, pending: Pending) {
    this.#pending = pending
    this.#options = options
    this.#rate = rate
    this.#inspector = inspector
  }

  /**
   * @throws AnywireError what the request is refused with before the store is asked, or what reading its content failed
   * with.
   */
  async create(command: CreateCommand): Promise<CreateOutcome> {
    const { limits, rules } = this.#options
    const { channel, author, fork, close = false, body = new BytesBody([], limits) } = command
    const rule = rules.of(channel)
    if (fork) checkName(fork.source, limits.nameBytes)
    if (fork) this.#forks(channel)
    if (author) {
      await checkRights(rule, author.principal, { adds: true, ends: close })
      // A fork brings messages of any key.
      if (fork) checkKeys(rule, author.principal, [undefined], (key) => key)
      // Before anything about the source is revealed: only its readers may know whether it exists.
      if (fork) await checkReading(rules.of(fork.source), author.principal)
    }
    if (fork && author) checkFork(rule, rules.of(fork.source))
    await body.arrive?.()
    const refusal = this.#options.refusal?.()
    if (refusal) throw refusal
    const release = author && this.#options.hold?.(author.address, body.size)
    const created = this.#pending.track(this.#create(command, rule, body))
    return release ? created.finally(release) : created
  }

  async #create(command: CreateCommand, rule: ResolvedRule, body: Body): Promise<CreateOutcome> {
    const { limits } = this.#options
    const { channel, author, fork, close = false } = command
    const { contentType } = body
    const forks = fork && this.#forks(channel)
    const batch = new Batch(body, { limits, rule, rate: this.#rate, author, mayBeEmpty: true })
    const named = contentType ?? (fork && !rule.fixedType ? undefined : defaultType(rule))
    if (contentType !== undefined) checkContentType(contentType, limits)
    if (contentType !== undefined) checkType(contentType, rule)
    const type = named ?? (fork ? await this.#typeOf(fork.source, rule) : defaultType(rule))
    const { ttlSeconds, expiresAt } = command
    const config = { ...rule.config, contentType: type, ttlSeconds, expiresAt, evictable: false }
    const accepted = batch.isEmpty ? [] : await this.#inspected(command, batch, rule, type)
    const messages = tracedMessages(accepted, command.traceparent)
    checkRevoked(this.#options, channel, author)
    if (fork) checkRevoked(this.#options, fork.source, author)
    if (author) checkKeys(rule, author.principal, messages, ({ key }) => key)
    if (!fork || !forks) return this.#options.store.create(channel, config, { messages, closed: close })
    const expiry = ttlSeconds !== undefined || expiresAt !== undefined
    const inherits = { contentType: contentType !== undefined || rule.fixedType, expiry }
    return forks.create(channel, config, { messages, closed: close, fork, named: inherits })
  }

  /** @throws AnywireError `bad-request` where the store has none. */
  #forks(channel: ChannelName): Forks {
    const { forks } = this.#options.store
    if (forks) return forks
    const sentence = `The store of this hub cannot fork: create ${JSON.stringify(channel)} without a source.`
    throw new AnywireError('bad-request', sentence)
  }

  /** @throws AnywireError as `create`. */
  async remove({ channel, keepName, author }: RemoveCommand): Promise<RemoveOutcome> {
    if (author) {
      this.#rate.charge(author, 1)
      await checkRights(this.#options.rules.of(channel), author.principal, { adds: false, ends: true })
    }
    checkRevoked(this.#options, channel, author)
    const { store } = this.#options
    // Without forks no name is kept.
    return { kind: await (keepName && store.forks ? store.forks : store).delete(channel) }
  }

  /** The first messages, as the rule accepts them. Not checked for a channel that exists: it is not changed. */
  async #inspected(
    { channel, author }: CreateCommand,
    batch: Batch,
    rule: ResolvedRule,
    type: string,
  ): Promise<readonly NewMessage[]> {
    const { limits, store } = this.#options
    if (!author || !(rule.receive || rule.validate)) return batch.sealedFor(type)
    const kind = kindOf(type)
    const opened = await openAll(batch.messagesFor(type), kind, limits)
    const info = await infoOf(store, channel)
    if (info === 'gone' || info.exists) return []
    checkRevoked(this.#options, channel, author)
    checkKeys(rule, author.principal, opened, (one) => keyOf(one, rule))
    return (await this.#inspector.inspect(opened, kind, rule, contextOf(rule, author.principal))).messages
  }

  async #typeOf(source: ChannelName, rule: ResolvedRule): Promise<string> {
    const info = await infoOf(this.#options.store, source)
    return (info !== 'gone' && info.contentType) || defaultType(rule)
  }
}

/** The type of a channel that is created without one [DS §5.1]. */
function defaultType(rule: ResolvedRule): string {
  return rule.fixedType ? rule.config.contentType : 'application/octet-stream'
}

/** @throws AnywireError `conflict` for another type than the one that the rule is for. */
function checkType(type: string, { channel, config, fixedType }: ResolvedRule): void {
  if (!fixedType || mediaType(type) === mediaType(config.contentType)) return
  const sentence = `The rule of ${JSON.stringify(channel)} is for ${config.contentType}: create it with that type.`
  throw new AnywireError('conflict', sentence)
}

/** A fork takes over the messages of its source: the same rule must have accepted them, or no rule must check them. */
function checkFork(rule: ResolvedRule, source: ResolvedRule): void {
  if (rule.pattern === source.pattern || !(rule.receive || rule.validate || rule.keyOf)) return
  const name = JSON.stringify(rule.channel)
  const sentence = `The rule of ${name} checks each message: fork only from a channel of the same rule.`
  throw new AnywireError('conflict', sentence)
}
