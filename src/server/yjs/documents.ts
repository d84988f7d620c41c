/** The documents of a hub: what holds for their channels, what is known of them here, and when they are compacted. */
import { randomBytes } from 'node:crypto'
import type { Incoming, Rules } from '../../core/rule.js'
import { type Timed, timed } from '../../core/wheel.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import { awarenessOf } from '../../protocol/y-awareness.js'
import type { Context } from '../context.js'
import { compacted, groupOf } from './compaction.js'
import type { YjsOptions } from './options.js'
import { Presence } from './presence.js'
import { Replica } from './replica.js'
import { loadYjs } from './yjs.js'

/** Of both: an update is bytes. */
export const contentType = 'application/octet-stream'
/** A replica that nobody asks for is kept for so long. */
const keptMs = 30_000
/** Channels whose updates are counted. */
const counted = 10_000

interface Kept {
  readonly replica: Promise<Replica>
  readonly forget: Timed
}

export class Documents {
  /** A room is the channel of its name below this. */
  readonly channels: ChannelName
  readonly #options: YjsOptions
  readonly #context: Context
  readonly #yjs = loadYjs()
  readonly #compactAfter: number
  readonly #replicas = new Map<ChannelName, Kept>()
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
  }

  /** What holds for the documents and for their awareness. */
  rules(): Rules {
    const { subscribe = true, publish = true, compress } = this.#options
    const presence = new Presence(this.#context)
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
        retain: { messages: 1_000, bytes: 4 * 1_048_576 },
        subscribe,
        publish,
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

  /** The document up to its head. */
  async replica(channel: ChannelName): Promise<Replica> {
    const { wheel } = this.#context.delivery
    const known = this.#replicas.get(channel)
    const kept = known ?? {
      replica: this.#open(channel),
      forget: timed(() => this.#replicas.delete(channel)),
    }
    this.#replicas.set(channel, kept)
    wheel.schedule(kept.forget, keptMs)
    const replica = await kept.replica
    await replica.refresh()
    return replica
  }

  /** The state vector of a document: what a client need not send. */
  async stateVector(channel: ChannelName): Promise<Uint8Array> {
    const { encodeStateVector } = await this.#yjs
    return encodeStateVector((await this.replica(channel)).doc)
  }

  async #open(channel: ChannelName): Promise<Replica> {
    const { store, limits } = this.#context
    return new Replica(await this.#yjs, store, channel, { messages: limits.pageMessages, bytes: limits.pageBytes })
  }

  /** A rule's `receive`: an update gets a key of its own, so that it is kept until it is merged. */
  async #receive(message: Incoming, channel: ChannelName): Promise<void> {
    const { decodeUpdate } = await this.#yjs
    const { data } = message
    try {
      if (!(data instanceof Uint8Array)) throw new TypeError('it has no data')
      decodeUpdate(data)
    } catch (cause) {
      throw new AnywireError('rejected', 'The message is no update of a Yjs document (format 1).', { cause })
    }
    message.key = freshKey()
    const count = (this.#updates.get(channel) ?? 0) + 1
    this.#updates.delete(channel)
    if (count <= this.#compactAfter) this.#updates.set(channel, count)
    else this.compact(channel).catch((thrown) => this.#context.report(thrown))
    if (this.#updates.size > counted) this.#updates.delete(this.#updates.keys().next().value!)
  }

  /** Merges what there is to merge. @throws AnywireError if the store does not take it: everything stays as it was. */
  async compact(channel: ChannelName): Promise<void> {
    if (this.#compacting.has(channel)) return
    this.#compacting.add(channel)
    try {
      const replica = await this.replica(channel)
      const { limits, publisher } = this.#context
      const group = groupOf(replica.updates, this.#compactAfter, limits.messageBytes)
      if (group.length === 0) return
      const messages = compacted(await this.#yjs, group, freshKey())
      // Not created anew where it was deleted meanwhile.
      const outcome = await publisher.publish({ channel, messages, contentType, create: false })
      if (outcome.kind === 'unknown') throw outcome.cause
      if (outcome.kind === 'refused') throw outcome.error
    } finally {
      this.#compacting.delete(channel)
    }
  }
}

const freshKey = () => randomBytes(9).toString('base64url')
