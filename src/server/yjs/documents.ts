/** The documents of a hub: what holds for their channels, what is known of them here, and when they are compacted. */

import { randomBytes } from 'node:crypto'
import { keepNewest } from '../../core/bound.js'
import { BytesBody } from '../../core/publish/body.js'
import type { Incoming, Rules } from '../../core/rule.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import { awarenessOf } from '../../protocol/y-awareness.js'
import type { Context } from '../context.js'
import { compacted, groupOf } from './compaction.js'
import { resolveYjsLimits, type YjsLimits, type YjsOptions } from './options.js'
import { Presence } from './presence.js'
import { Replica } from './replica.js'
import { ReplicaCache } from './replica-cache.js'
import type { UpdateLimits } from './replicas.js'
import { ReplicaThread } from './thread.js'

/** Of both: an update is bytes. */
export const contentType = 'application/octet-stream'
/** Channels whose updates are counted. */
const counted = 10_000

export class Documents {
  /** A room is the channel of its name below this. */
  readonly channels: ChannelName
  readonly #options: YjsOptions
  readonly #context: Context
  readonly limits: YjsLimits
  readonly #updateLimits: UpdateLimits
  readonly #thread: ReplicaThread
  readonly #compactAfter: number
  readonly #replicas: ReplicaCache
  /** Updates since the last compaction. */
  readonly #updates = new Map<ChannelName, number>()
  readonly #compacting = new Set<ChannelName>()

  constructor(context: Context, options: YjsOptions) {
    const { channels = 'yjs', compactAfter = 200 } = options
    if (!Number.isSafeInteger(compactAfter) || compactAfter < 2)
      throw new AnywireError('bad-request', 'The option "compactAfter" of hub.yjs is a whole number from 2.')
    this.#context = context
    this.#options = options
    this.channels = channels
    this.#compactAfter = compactAfter
    this.limits = resolveYjsLimits(options.limits)
    const { structsPerUpdate: structs, rangesPerUpdate: ranges, clientsPerUpdate: clients } = this.limits
    this.#updateLimits = { structs, ranges, clients, depth: context.limits.jsonDepth }
    const { store, delivery, limits: of } = context
    const page = { messages: of.pageMessages, bytes: of.pageBytes }
    const base = { thread: new ReplicaThread(), store, page, limits: this.#updateLimits }
    this.#thread = base.thread
    this.#replicas = new ReplicaCache({
      wheel: delivery.wheel,
      maxBytes: this.limits.replicaBytes,
      make: (channel) => new Replica({ ...base, channel }),
    })
  }

  /** The largest frame of y-websocket: an update and what is around it. */
  get frameBytes(): number {
    return Math.max(this.limits.messageBytes, this.#context.limits.messageBytes) + 1_024
  }

  /** What holds for the documents and for their awareness. */
  rules(): Rules {
    const { subscribe = true, publish = true, presence: shown, compress } = this.#options
    const presence = new Presence(this.#context, this.limits, this.#options.secret)
    const seen: typeof subscribe =
      typeof subscribe === 'boolean'
        ? subscribe
        : (asked) => subscribe({ ...asked, channel: asked.channel.slice(awarenessOf('').length) })
    return {
      [`${this.channels}/*`]: {
        contentType,
        keys: true,
        // Compaction keeps them far below this.
        maxKeys: 1_000_000,
        messageBytes: this.limits.messageBytes,
        retain: { messages: 1_000, bytes: 4 * 1_048_576 },
        subscribe,
        publish,
        presence: shown,
        compress,
        receive: (message, { channel }) => this.#receive(message, channel),
      },
      [awarenessOf(`${this.channels}/*`)]: {
        contentType,
        keys: true,
        retain: { messages: 100, ageMs: 30_000 },
        subscribe: seen,
        publish: seen,
        receive: (message, asked) => presence.receive(message, asked),
      },
    }
  }

  /** Works on the document in the thread, which is kept there for a while. */
  use<T>(channel: ChannelName, work: (replica: Replica) => Promise<T>): Promise<T> {
    return this.#replicas.use(channel, work)
  }

  /** A rule's `receive`: an update that can be applied gets a key of its own, so that it is kept until it is merged. */
  async #receive(message: Incoming, channel: ChannelName): Promise<void> {
    const { data } = message
    if (!(data instanceof Uint8Array)) throw noUpdate()
    const key = freshKey()
    const { documentBytes } = this.limits
    const tried = await this.use(channel, (replica) => replica.try(data, key, documentBytes))
    if (tried.kind === 'refused') throw noUpdate(tried.why)
    if (tried.kind === 'missing') throw missing(channel)
    if (tried.kind === 'nothing') return message.discard()
    if (tried.kind === 'full') {
      this.compact(channel, 1).catch((thrown) => this.#context.report(thrown))
      throw this.#full(channel)
    }
    message.data = tried.update
    message.key = key
    this.#count(channel)
  }

  #count(channel: ChannelName): void {
    const count = (this.#updates.get(channel) ?? 0) + 1
    this.#updates.delete(channel)
    if (count <= this.#compactAfter) this.#updates.set(channel, count)
    else this.compact(channel).catch((thrown) => this.#context.report(thrown))
    keepNewest(this.#updates, counted)
  }

  #full(channel: ChannelName): AnywireError {
    const { documentBytes } = this.limits
    const sentence =
      `The document "${channel}" would be over ${documentBytes} bytes: delete something, or raise the limit ` +
      '"documentBytes" of hub.yjs.'
    return new AnywireError('too-large', sentence)
  }

  /** Merges what there is to merge. @throws AnywireError if the store does not take it: everything stays as it was. */
  async compact(channel: ChannelName, most = this.#compactAfter): Promise<void> {
    if (this.#compacting.has(channel)) return
    this.#compacting.add(channel)
    try {
      const { publisher, limits } = this.#context
      const group = await this.use(channel, async (replica) => {
        await replica.refresh()
        return groupOf(replica.updates, most, this.limits.messageBytes)
      })
      if (group.length === 0) return
      const data = await this.#thread.merged(group.map(([, update]) => update))
      const body = new BytesBody(compacted(group, data, freshKey()), limits, contentType)
      // Not created anew where it was deleted meanwhile.
      const outcome = await publisher.publish({ channel, body, create: false })
      if (outcome.kind === 'unknown') throw outcome.cause
      if (outcome.kind === 'refused') throw outcome.error
    } finally {
      this.#compacting.delete(channel)
    }
  }
}

const freshKey = () => randomBytes(9).toString('base64url')

function noUpdate(why = 'no Yjs document could apply it (format 1 is read here)'): AnywireError {
  return new AnywireError('rejected', `The message is no update of a Yjs document: ${why}.`)
}

function missing(channel: ChannelName): AnywireError {
  return new AnywireError(
    'conflict',
    `The update builds on edits that "${channel}" does not hold: read the document, and send all that it lacks.`,
  )
}
