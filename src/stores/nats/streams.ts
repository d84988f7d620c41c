/** The streams: one for each number of messages that rules keep. Each holds its birth, so a lost one is noticed. */
import { createHash } from 'node:crypto'
import { storeDown } from '../../core/store-down.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import { mintWhen } from '../rules/append.js'
import { Births } from './births.js'
import { birthSubject, type ClassOptions, classesOf, configOf, homeClass, makeStream } from './classes.js'
import { type JetStream, NoStream } from './jetstream.js'

/** Streams at most: rules that keep so many different numbers of messages are a mistake. */
const maxStreams = 100

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

export interface StreamsOptions extends ClassOptions {
  readonly now: () => number
}

export class Streams {
  readonly #jetStream: JetStream
  readonly #options: StreamsOptions
  readonly #births: Births
  readonly #known = new Map<string, ChannelStream>()
  readonly #opening = new Map<string, Promise<ChannelStream>>()
  /** Whether one is still the same: not asked yet. */
  readonly #checking = new Map<ChannelStream, Promise<boolean>>()
  /** Told that a stream is another one than before. */
  #lost: (() => void) | undefined

  private constructor(jetStream: JetStream, options: StreamsOptions) {
    this.#jetStream = jetStream
    this.#options = options
    this.#births = new Births(jetStream, options.name)
  }

  /** @throws AnywireError `bad-request` for what the server refuses, or where it holds what is not known here. */
  static async open(jetStream: JetStream, options: StreamsOptions): Promise<Streams> {
    const streams = new Streams(jetStream, options)
    for (const name of [homeClass, ...(await classesOf(jetStream, options.name))]) await streams.of(name)
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
   * Asks whether a stream is still the one that is known, and goes on with the one that is there. False: it is. What
   * is asked for in one turn is asked once, after it.
   * @throws AnywireError `store-down` where it cannot be used any more.
   */
  hasChanged(stream: ChannelStream): Promise<boolean> {
    const checking = this.#checking.get(stream)
    if (checking) return checking
    const checked = Promise.resolve().then(() => {
      this.#checking.delete(stream)
      return this.#check(stream)
    })
    this.#checking.set(stream, checked)
    return checked
  }

  async #check(stream: ChannelStream): Promise<boolean> {
    try {
      const record = await this.#births.of(stream.class).catch(unlessNoStream)
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
    if (isReplicated) await this.#jetStream.touch(`${birthSubject(this.#options.name, name)}.leads`)
  }

  /** The subject of a channel's frames. */
  subject({ class: name, epoch }: ChannelStream, token: string): string {
    return `${this.#options.name}.c.${name}.${epoch}.${token}`
  }

  /** The subject of its producers. */
  producersSubject({ class: name, epoch }: ChannelStream, token: string): string {
    return `${this.#options.name}.p.${name}.${epoch}.${token}`
  }

  /** All that are sent out again. */
  get wakeSubjects(): string {
    return `${this.#options.name}.w.>`
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
    const wanted = configOf(name, this.#options)
    const { num_replicas } = await makeStream(this.#jetStream, wanted)
    const found = await this.#births.of(name)
    const mint = () => this.#mint()
    const { micros: birth, epoch } = found ?? (await this.#births.bear(name, () => this.home.birth, mint))
    const stream = { name: wanted.name, class: name, birth, epoch, isReplicated: num_replicas > 1 }
    this.#known.set(name, stream)
    // A home that is new has forgotten which classes there were.
    const forgotten = name === homeClass ? (found ? [] : this.#known.keys()) : found ? [name] : []
    for (const one of forgotten) await this.#births.isNew(one)
    return stream
  }

  #mint(): number {
    const last = Math.max(0, ...[...this.#known.values()].map(({ birth }) => birth))
    return mintWhen(this.#options.now(), last, 1 + Math.floor(Math.random() * 1_000))
  }
}

/** What was well when the hub started is not the fault of who asks now. */
export function ownFailure(thrown: unknown): unknown {
  return thrown instanceof AnywireError && thrown.code !== 'bad-request' ? thrown : storeDown(thrown)
}

function unlessNoStream(thrown: unknown): undefined {
  if (!(thrown instanceof NoStream)) throw thrown
}

/** The name of a channel in subjects: of one length, and of harmless letters. */
export function tokenOf(channel: ChannelName): string {
  return createHash('sha256').update(channel).digest('base64url')
}
