/** The streams: one for each number of messages that rules keep. Each holds its birth, so a lost one is noticed. */
import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { storeDown } from '../../core/store-down.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import { mintWhen } from '../rules/append.js'
import { format } from './frame.js'
import { type JetStream, JetStreamError, NoStream, type Published, type StreamConfig } from './jetstream.js'
import { checkReplicas } from './version.js'

/**
 * What a stream has beyond the messages of its class: the frame that closes a channel, and the one that created it,
 * need not hold messages.
 */
const spareFrames = 2
/**
 * Messages that a stream keeps beyond those of its class. Who has read up to them may read on, so that a reader at the
 * beginning of what is kept is not overtaken by it again and again.
 */
export function graceOf(messages: number): number {
  return Math.floor(messages / 10)
}

/** Streams at most: rules that keep so many different numbers of messages are a mistake. */
const maxStreams = 100
/** The class of the stream in which every name is looked up first. The hub's default. */
const homeClass = '10000'
const everything = 'all'
/** How often, and how long after each other, a new stream is written to until it listens. */
const maxTries = 40
const pauseMs = 50

/** A stream as this process knows it. */
export interface ChannelStream {
  readonly name: string
  /** How many messages of a channel it keeps at least, or `all`. */
  readonly class: string
  /** Microseconds: from then on it holds what was acknowledged. */
  readonly birth: number
  /** Names the stream since its birth: subjects of a lost one are never used again. */
  readonly epoch: string
  /** It stands on several servers. */
  readonly isReplicated: boolean
}

interface BirthRecord {
  readonly format: number
  readonly micros: number
  readonly epoch: string
}

export interface StreamsOptions {
  readonly name: string
  readonly replicas: number
  readonly maxBytes: number | undefined
  readonly now: () => number
}

export class Streams {
  readonly #jetStream: JetStream
  readonly #options: StreamsOptions
  readonly #known = new Map<string, ChannelStream>()
  readonly #opening = new Map<string, Promise<ChannelStream>>()
  /** Told that a stream is another one than before. */
  #lost: (() => void) | undefined

  private constructor(jetStream: JetStream, options: StreamsOptions) {
    this.#jetStream = jetStream
    this.#options = options
  }

  /** @throws AnywireError `bad-request` for what the server refuses, or where it holds what is not known here. */
  static async open(jetStream: JetStream, options: StreamsOptions): Promise<Streams> {
    const streams = new Streams(jetStream, options)
    for (const name of [homeClass, ...(await streams.#classes())]) await streams.of(name)
    return streams
  }

  onLost(listener: () => void): void {
    this.#lost = listener
  }

  /** Where every name is looked up first. */
  get home(): ChannelStream {
    return this.#known.get(homeClass)!
  }

  /** Streams that are older than the home: what they hold may not be known there. */
  get olderThanHome(): readonly ChannelStream[] {
    return [...this.#known.values()].filter(({ birth }) => birth < this.home.birth)
  }

  /**
   * The stream of a class, made where it is not there.
   * @throws AnywireError `bad-request` where it cannot be made, or is not as it must be.
   */
  async of(name: string): Promise<ChannelStream> {
    return this.#known.get(name) ?? this.#open(name)
  }

  /** Why a class cannot be had; undefined if it can. */
  refusal(name: string): string | undefined {
    if (this.#known.has(name) || this.#known.size < maxStreams) return undefined
    return `Channels of ${maxStreams} different "retain.messages" are kept already: use one of those.`
  }

  /**
   * Asks whether a stream is still the one that is known, and goes on with the one that is there. False: it is.
   * @throws AnywireError `store-down` where it cannot be used any more.
   */
  async hasChanged(stream: ChannelStream): Promise<boolean> {
    try {
      const record = await this.#birthOf(stream.class).catch(unlessNoStream)
      if (record?.epoch === stream.epoch) return false
      if (this.#known.get(stream.class) !== stream) return true
      await this.#open(stream.class)
    } catch (thrown) {
      throw ownFailure(thrown)
    }
    this.#lost?.()
    return true
  }

  /**
   * What is asked of a stream from here on, its leader answers with all in mind that was stored before. One that leads
   * since a moment may answer before it has read what the others have: what it stores is stored after that.
   */
  async confirm({ class: name, isReplicated }: ChannelStream): Promise<void> {
    if (isReplicated) await this.#jetStream.touch(`${this.#birthSubject(name)}.leads`)
  }

  /** The subject of a channel's frames. */
  subject({ class: name, epoch }: ChannelStream, token: string): string {
    return `${this.#options.name}.c.${name}.${epoch}.${token}`
  }

  /** The subject of its producers. */
  producersSubject({ class: name, epoch }: ChannelStream, token: string): string {
    return `${this.#options.name}.p.${name}.${epoch}.${token}`
  }

  /** What a channel's frames are sent out again as, of whatever stream. */
  wakeSubject(token: string): string {
    return `${this.#options.name}.w.*.${token}`
  }

  #open(name: string): Promise<ChannelStream> {
    const opening = this.#opening.get(name)
    if (opening) return opening
    const opened = this.#ensure(name).finally(() => this.#opening.delete(name))
    this.#opening.set(name, opened)
    return opened
  }

  async #ensure(name: string): Promise<ChannelStream> {
    const wanted = this.#configOf(name)
    const { num_replicas } = await this.#make(wanted)
    const found = await this.#birthOf(name)
    const record = found ?? (await this.#bear(name))
    const stream = {
      name: wanted.name,
      class: name,
      birth: record.micros,
      epoch: record.epoch,
      isReplicated: num_replicas > 1,
    }
    this.#known.set(name, stream)
    // A home that is new has forgotten which classes there were.
    const forgotten = name === homeClass ? (found ? [] : this.#known.keys()) : found ? [name] : []
    for (const one of forgotten) await this.#isNew(one)
    return stream
  }

  /** Makes the stream where it is not there. What the server says that it accepted is not trusted. */
  async #make(wanted: StreamConfig): Promise<StreamConfig> {
    const has = await this.#jetStream.config(wanted.name).catch(async (thrown) => {
      if (!(thrown instanceof NoStream)) throw thrown
      // Another node may have made it at the same moment.
      const made = await this.#jetStream.create(wanted).catch((error) => error)
      return this.#jetStream.config(wanted.name).catch((missing) => refused(made ?? missing))
    })
    for (const name of fixedNames) {
      if (JSON.stringify(has[name]) === JSON.stringify(wanted[name])) continue
      const sentence = `The stream "${wanted.name}" has ${name} ${JSON.stringify(has[name])} where ${JSON.stringify(wanted[name])} is needed: change it, or use another "name".`
      throw new AnywireError('bad-request', sentence)
    }
    checkReplicas(this.#jetStream.link, has.num_replicas)
    if (has.num_replicas >= wanted.num_replicas) return has
    const sentence = `The stream "${wanted.name}" has ${has.num_replicas} replicas where ${wanted.num_replicas} are asked for: change it.`
    throw new AnywireError('bad-request', sentence)
  }

  async #birthOf(name: string): Promise<BirthRecord | undefined> {
    const found = await this.#jetStream.last(this.#nameOf(name), this.#birthSubject(name))
    if (!found) return undefined
    const record = JSON.parse(found.data.toString()) as BirthRecord
    if (record.format === format) return record
    const sentence = `The stream "${this.#nameOf(name)}" has format ${record.format}; this Anywire knows format ${format}: update it.`
    throw new AnywireError('bad-request', sentence)
  }

  /** Writes down the birth of a stream that has none: it is new, or has lost all. One of many who come wins. */
  async #bear(name: string): Promise<BirthRecord> {
    const micros = (await this.#isNew(name)) ? this.home.birth : this.#mint()
    const record: BirthRecord = { format, micros, epoch: randomBytes(6).toString('base64url') }
    const answer = await this.#begin(this.#birthSubject(name), JSON.stringify(record))
    if (answer.kind === 'stored') return record
    const other = answer.kind === 'conflict' ? await this.#birthOf(name) : undefined
    if (other) return other
    throw new Error(`The stream "${this.#nameOf(name)}" cannot be used: ${JSON.stringify(answer)}.`)
  }

  /**
   * Whether a class is made for the first time: what was written to names of it may then have been read from the birth
   * of the home on. The home remembers each class that there ever was.
   */
  async #isNew(name: string): Promise<boolean> {
    if (name === homeClass) return false
    const answer = await this.#begin(this.#classSubject(name), name)
    return answer.kind === 'stored'
  }

  /** The first message of a subject. A stream that another node has made just now may not listen yet. */
  async #begin(subject: string, text: string): Promise<Published> {
    for (let tries = 1; ; tries++) {
      const answer = await this.#jetStream.publish(subject, Buffer.from(text), 0)
      if (answer.kind !== 'no-stream' || tries === maxTries) return answer
      await wait(pauseMs)
    }
  }

  #mint(): number {
    const last = Math.max(0, ...[...this.#known.values()].map(({ birth }) => birth))
    return mintWhen(this.#options.now(), last, 1 + Math.floor(Math.random() * 1_000))
  }

  async #classes(): Promise<string[]> {
    const start = `${this.#options.name}_`
    const names = await this.#jetStream.streams(`${this.#options.name}.c.>`)
    return names.filter((name) => name.startsWith(start)).map((name) => name.slice(start.length))
  }

  #nameOf(name: string): string {
    return `${this.#options.name}_${name}`
  }

  /** In the home. */
  #classSubject(name: string): string {
    return `${this.#birthSubject(homeClass)}.${name}`
  }

  #birthSubject(name: string): string {
    return `${this.#options.name}.b.${name}`
  }

  #configOf(name: string): StreamConfig {
    const { name: start, replicas, maxBytes = -1 } = this.#options
    return {
      name: this.#nameOf(name),
      description: `Channels of Anywire that keep ${name} messages`,
      subjects: [
        `${start}.c.${name}.>`,
        `${start}.p.${name}.>`,
        this.#birthSubject(name),
        `${this.#birthSubject(name)}.*`,
      ],
      retention: 'limits',
      storage: 'file',
      discard: 'new',
      max_msgs_per_subject: name === everything ? -1 : Number(name) + graceOf(Number(name)) + spareFrames,
      max_msgs: -1,
      max_bytes: maxBytes,
      max_age: 0,
      max_consumers: -1,
      num_replicas: replicas,
      duplicate_window: 1e9,
      allow_rollup_hdrs: true,
      republish: { src: `${start}.c.${name}.>`, dest: `${start}.w.>` },
    }
  }
}

/** What must be as it is wanted. Bytes and replicas may be changed by who runs the servers. */
const fixedNames = [
  ...['subjects', 'retention', 'discard', 'max_msgs_per_subject', 'max_msgs', 'max_age'],
  ...['republish', 'allow_rollup_hdrs'],
]

/** What was well when the hub started is not the fault of who asks now. */
export function ownFailure(thrown: unknown): unknown {
  return thrown instanceof AnywireError && thrown.code !== 'bad-request' ? thrown : storeDown(thrown)
}

function unlessNoStream(thrown: unknown): undefined {
  if (!(thrown instanceof NoStream)) throw thrown
}

function refused(thrown: unknown): never {
  if (!(thrown instanceof JetStreamError)) throw thrown
  const sentence = `NATS refuses the stream that is needed: ${thrown.message}.`
  throw new AnywireError('bad-request', sentence, { cause: thrown })
}

/** The class of channels that keep so many messages; `null`: all. */
export function classOf(messages: number | null): string {
  return messages === null ? everything : String(Math.max(0, messages))
}

/** Whether a stream of a class keeps what one of another does. */
export function covers(one: string, other: string): boolean {
  return one === everything || (other !== everything && Number(one) >= Number(other))
}

/** The name of a channel in subjects: of one length, and of harmless letters. */
export function tokenOf(channel: ChannelName): string {
  return createHash('sha256').update(channel).digest('base64url')
}
