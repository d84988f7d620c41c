/** What the program itself writes: rules' permissions, schema and `receive` are for clients, and are not asked. */
import { BytesBody } from '../core/publish/body.js'
import { toCreateError, toError } from '../core/publish/outcome.js'
import { AnywireError } from '../protocol/error.js'
import { type ChannelName, checkName } from '../protocol/name.js'
import type { Offset } from '../protocol/offset.js'
import type { Context } from './context.js'
import { checkBatch, checkChannelOptions, checkPublishOptions } from './option-check.js'
import { type BatchMessage, ValuesBody } from './spelling.js'
import type { ChannelOptions, PublishOptions } from './write-options.js'

export interface Published {
  /** The position after what was stored. */
  readonly offset: Offset
  /** It had been stored before: nothing was added. */
  readonly duplicate: boolean
}

export interface Writer {
  /**
   * Publishes one message. Rules' `publish`, `schema` and `receive` are for clients: they are not asked.
   * @throws AnywireError
   */
  publish(channel: ChannelName, data: unknown, options?: PublishOptions): Promise<Published>
  /** Publishes all messages or none, in one step. @throws AnywireError */
  publishBatch(
    channel: ChannelName,
    messages: readonly BatchMessage[],
    options?: Pick<PublishOptions, 'producer' | 'close' | 'traceparent'>,
  ): Promise<Published>
  /**
   * Creates a channel that is never evicted, and says whether it is new.
   * @throws AnywireError `conflict` if it is there with other options.
   */
  create(channel: ChannelName, options?: ChannelOptions): Promise<boolean>
  /**
   * Deletes a channel with all its messages, and says whether there was one. Forks keep what they have.
   * @throws AnywireError
   */
  delete(channel: ChannelName): Promise<boolean>
}

export function createWriter(context: Context): Writer {
  const { publisher, limits } = context

  async function append(
    channel: ChannelName,
    messages: readonly BatchMessage[],
    options?: Pick<PublishOptions, 'producer' | 'close' | 'traceparent'>,
  ): Promise<Published> {
    checkName(channel, limits.nameBytes)
    const outcome = await publisher.publish({
      channel,
      body: new ValuesBody(messages, limits),
      producer: options?.producer,
      close: options?.close,
      traceparent: options?.traceparent,
    })
    const error = toError(outcome, channel)
    if (error) throw error
    if (outcome.kind !== 'appended' && outcome.kind !== 'duplicate')
      throw new AnywireError('internal', 'The store answered nothing.')
    return { offset: outcome.next, duplicate: outcome.kind === 'duplicate' }
  }

  return {
    async publishBatch(channel, messages, options) {
      checkBatch(messages, options ?? {})
      return append(channel, messages, options)
    },
    async publish(channel, data, options) {
      checkPublishOptions(options ?? {})
      return append(channel, [{ data, event: options?.event, key: options?.key }], options)
    },
    async create(channel, options) {
      checkChannelOptions(options ?? {})
      checkName(channel, limits.nameBytes)
      const { contentType = context.rules.of(channel).config.contentType, ...lifetime } = options ?? {}
      checkLifetime(lifetime)
      const { ttlSeconds, expiresAt } = lifetime
      const body = new BytesBody([], limits, contentType)
      const outcome = await publisher.create({ channel, ttlSeconds, expiresAt, body })
      const error = toCreateError(outcome, channel)
      if (error) throw error
      return outcome.kind === 'created'
    },
    async delete(channel) {
      checkName(channel, limits.nameBytes)
      const outcome = await publisher.remove({ channel })
      if (outcome.kind === 'refused') throw outcome.error
      // `gone`: a name that was kept for its forks is free now.
      return outcome.kind !== 'missing'
    },
  }
}

function checkLifetime({ ttlSeconds, expiresAt }: Omit<ChannelOptions, 'contentType'>): void {
  if (ttlSeconds !== undefined && expiresAt !== undefined) {
    throw new AnywireError('bad-request', 'Give "ttlSeconds" or "expiresAt", not both.')
  }
  if (ttlSeconds !== undefined && !(Number.isSafeInteger(ttlSeconds) && ttlSeconds >= 0)) {
    throw new AnywireError('bad-request', '"ttlSeconds" must be a whole number from 0.')
  }
  if (expiresAt !== undefined && !Number.isFinite(expiresAt)) {
    throw new AnywireError('bad-request', '"expiresAt" must be a number of milliseconds since 1970.')
  }
}
