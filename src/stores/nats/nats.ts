/** The NATS store: logs in the streams of JetStream, for any number of nodes. */
import { checkShape } from '../../core/shape.js'
import type {
  AppendOptions,
  AppendResult,
  ChannelConfig,
  CreateOptions,
  CreateResult,
  Known,
  Limit,
  NewMessage,
  ReadResult,
  Store,
  StoreCapabilities,
  Wake,
} from '../../core/store.js'
import { storeDown } from '../../core/store-down.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Offset, Position } from '../../protocol/offset.js'
import { judgeAppend } from '../rules/append.js'
import { connectionOf, loadNats } from './connect.js'
import { targetOf } from './draft.js'
import { Followed } from './followed.js'
import { JetStream } from './jetstream.js'
import { Lanes } from './lanes.js'
import { Link } from './link.js'
import { Lookup } from './lookup.js'
import { type NatsOptions, natsShape } from './options.js'
import { Producers } from './producers.js'
import { Reader } from './reader.js'
import { Streams } from './streams.js'
import { checkReplicas, checkServer } from './version.js'
import { OutcomeUnknown } from './writer.js'

const capabilities: StoreCapabilities = {
  acknowledged: 'process-crash',
  shared: true,
  retains: { messages: true, bytes: false, ageMs: false },
  keys: false,
  expiry: false,
  configure: false,
}

/**
 * Opens the store. Needs the package `@nats-io/transport-node`, and servers from 2.9 on with JetStream.
 * @throws AnywireError `bad-request` for an option that is unknown or cannot be, servers that cannot be reached, or
 * that cannot do what is asked for; `internal` where the package is not installed.
 */
export async function nats(options: NatsOptions = {}): Promise<Store> {
  checkShape<NatsOptions>('nats()', options, natsShape)
  if (options.connection && (options.servers || options.connect)) {
    throw new AnywireError('bad-request', 'nats() takes a "connection", or "servers" and "connect": not both.')
  }
  const found = await loadNats()
  const link = new Link(await connectionOf(found, options), found, !options.connection)
  try {
    const { name = 'anywire', replicas = 1, maxBytes, now = Date.now } = options
    checkServer(link)
    checkReplicas(link, replicas)
    const jetStream = new JetStream(link, replicas > 1)
    const streams = await Streams.open(jetStream, { name, replicas, maxBytes, now })
    const followed = new Followed(link, streams)
    await followed.check()
    return new NatsStore({ link, jetStream, streams, followed }, options)
  } catch (thrown) {
    await link.close()
    if (thrown instanceof AnywireError && thrown.code !== 'store-down') throw thrown
    throw new AnywireError('bad-request', `The NATS servers cannot be used: ${thrown}`, { cause: thrown })
  }
}

interface Parts {
  readonly link: Link
  readonly jetStream: JetStream
  readonly streams: Streams
  readonly followed: Followed
}

class NatsStore implements Store {
  readonly capabilities: StoreCapabilities
  readonly #link: Link
  readonly #jetStream: JetStream
  readonly #streams: Streams
  readonly #lanes: Lanes
  readonly #followed: Followed
  #closing: Promise<void> | undefined

  constructor({ link, jetStream, streams, followed }: Parts, options: NatsOptions) {
    const { replicas = 1, appendMs = 5_000, now = Date.now } = options
    this.capabilities = { ...capabilities, ...(replicas > 1 && { acknowledged: 'replicated' }) }
    this.#link = link
    this.#jetStream = jetStream
    this.#streams = streams
    this.#lanes = new Lanes({ lookup: new Lookup(jetStream, streams), appendMs, now })
    this.#followed = followed
    link.watch(() => {
      this.#lanes.doubt()
      this.#followed.discontinuity()
    })
    streams.onLost(() => this.#followed.discontinuity())
  }

  // ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────

  async append(
    channel: ChannelName,
    messages: readonly NewMessage[],
    options: AppendOptions = {},
  ): Promise<AppendResult> {
    const { producer, create } = options
    if (this.#closing) throw closedStore()
    try {
      const { messages: count, bytes } = sizeOf(messages, producer?.id)
      return await this.#lanes.of(channel).ask<AppendResult>({
        messages: count,
        bytes,
        hasProducer: producer !== undefined,
        creates: (head) => {
          const answer = judgeAppend(targetOf(head, head.end, nobody), messages, options)
          return answer ? undefined : create
        },
        work: (draft) => draft.append(messages, options),
        full: (why) => ({ kind: 'full', why }),
      })
    } catch (cause) {
      if (cause instanceof OutcomeUnknown) return { kind: 'unknown', cause }
      throw cause
    }
  }

  async create(channel: ChannelName, config: ChannelConfig, options: CreateOptions = {}): Promise<CreateResult> {
    if (this.#closing) throw closedStore()
    const result = await this.#lanes.of(channel).ask<CreateResult>({
      ...sizeOf(options.messages ?? []),
      creates: () => config,
      work: (draft) => draft.create(config, options),
      full: (why) => ({ kind: 'full', why }),
    })
    return result.kind === 'exists' ? { kind: 'exists', info: (await this.#open(channel)).info } : result
  }

  /** What a channel keeps is decided by its stream: the guard does not ask for another policy. */
  async configure(): Promise<'configured' | 'missing'> {
    throw new AnywireError('internal', 'The NATS store keeps channels as they were created.')
  }

  async delete(channel: ChannelName): Promise<'deleted' | 'missing' | 'gone'> {
    if (this.#closing) throw closedStore()
    return this.#lanes.of(channel).ask<'deleted' | 'missing'>({
      ...{ messages: 0, bytes: 0, alone: true },
      creates: () => undefined,
      work: (draft) => draft.delete(),
      full: (why) => {
        throw new AnywireError('too-many', `${why} So it cannot even be written down that "${channel}" is deleted.`)
      },
    })
  }

  /** Nothing expires. */
  touch(): void {}

  // ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

  async read(channel: ChannelName, position: Position, limit: Limit): Promise<ReadResult> {
    return this.#read(channel, (reader) => reader.read(position, limit))
  }

  async snapshot(
    channel: ChannelName,
    after: Offset | undefined,
    until: Offset | undefined,
    limit: Limit,
  ): Promise<ReadResult> {
    return this.#read(channel, (reader) => reader.snapshot(after, until, limit))
  }

  async #read(channel: ChannelName, reading: (reader: Reader) => Promise<ReadResult>): Promise<ReadResult> {
    const reader = await this.#open(channel)
    const result = await reading(reader)
    const stream = result.kind === 'gap' ? reader.inDoubtOf(result.from) : undefined
    if (!stream) return result
    await this.#streams.confirm(stream)
    return reading(await this.#open(channel))
  }

  async position(channels: readonly ChannelName[]): Promise<readonly Known[]> {
    const asked = await Promise.allSettled(channels.map((channel) => this.#open(channel)))
    const failed = asked.filter((one) => one.status === 'rejected')
    if (failed.length > 0 && failed.length === asked.length) throw failed[0]!.reason
    return asked.map((one) => (one.status === 'fulfilled' ? one.value.info : 'away'))
  }

  #open(channel: ChannelName): Promise<Reader> {
    const lane = this.#lanes.of(channel)
    return Reader.open({ channel, lane, jetStream: this.#jetStream, streams: this.#streams })
  }

  // ── waking ──────────────────────────────────────────────────────────────────────────────────────────────────────

  watch(listener: (wake: Wake) => void): void {
    this.#followed.watch(listener)
  }

  follow(channel: ChannelName): Promise<void> {
    return this.#followed.follow(channel)
  }

  unfollow(channel: ChannelName): void {
    this.#followed.unfollow(channel)
  }

  /** What is being written is finished first. */
  close(): Promise<void> {
    this.#closing ??= this.#end()
    return this.#closing
  }

  async #end(): Promise<void> {
    this.#followed.close()
    await this.#lanes.settled()
    await this.#link.close()
  }
}

function closedStore(): AnywireError {
  return storeDown(new Error('The store is closed.'))
}

const nobody = new Producers([], [], 0)
/** What a message takes in a frame besides its bytes, and a producer besides its id. */
const overhead = 12
const producerOverhead = 48

function sizeOf(messages: readonly NewMessage[], producer = ''): { messages: number; bytes: number } {
  const bytes = messages.reduce(
    (sum, { data, event = '', key = '', traceparent = '' }) =>
      sum + overhead + (data?.byteLength ?? 0) + event.length + key.length + traceparent.length,
    producerOverhead + producer.length,
  )
  return { messages: messages.length, bytes }
}
