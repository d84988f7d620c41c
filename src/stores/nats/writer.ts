/** Stores the frames of one channel by compare-and-set, each after the one that is known as the newest. */
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import type { ChannelConfig } from '../../core/store.js'
import { storeDown } from '../../core/store-down.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import { Draft, settled } from './draft.js'
import { decodeFrame, maxFrameMessages } from './frame.js'
import { NoStream, type Published } from './jetstream.js'
import { KnownProducers } from './known-producers.js'
import type { Head, Lookup } from './lookup.js'
import type { Producers } from './producers.js'
import { type ChannelStream, tokenOf } from './streams.js'

/** What is asked of a channel. */
export interface Job<T> {
  /** Messages, and about how many bytes of a frame they take. */
  readonly messages: number
  readonly bytes: number
  /** A frame of its own. */
  readonly alone?: boolean
  readonly hasProducer?: boolean
  /** What a name that holds no channel would be created with. */
  creates(head: Head): ChannelConfig | undefined
  /** Does it to the frame that is to be stored. */
  work(draft: Draft): T
  /** What is answered where the stream takes no more. */
  full(why: string): T
}

/** It was sent, and may have been stored. */
export class OutcomeUnknown extends Error {}
const notKnown = 'It may have been stored.'

export interface WriterOptions {
  readonly lookup: Lookup
  readonly now: () => number
}

const attemptMs = 2_000
const pauseMs = 20
/** How often it is looked again for the frame that producers were written down after. */
const maxDoubts = 3

export class Writer {
  readonly token: string
  /** Where the channel was kept when it was looked up last. */
  stream: ChannelStream | undefined
  readonly #channel: ChannelName
  readonly #lookup: Lookup
  readonly #now: () => number
  readonly #producers: KnownProducers
  /** As the last frame that was stored from here left it. */
  #head: Head | undefined

  constructor(channel: ChannelName, { lookup, now }: WriterOptions) {
    this.#channel = channel
    this.token = tokenOf(channel)
    this.#lookup = lookup
    this.#now = now
    this.#producers = new KnownProducers(lookup, this.token)
  }

  /** How many producers it knows. */
  get producers(): number {
    return this.#producers.all?.size ?? 0
  }

  /** What was stored meanwhile, or taken away, is not known here. */
  forget(): void {
    this.#head = undefined
    this.#producers.forget()
  }

  /** Looks the channel up. `isNew`: it is written to for the first time, probably. */
  async look(isNew = false): Promise<Head> {
    const head = await this.#lookup.head(this.#channel, this.token, this.stream, isNew)
    this.stream = head.stream
    return head
  }

  /** Until a frame with all of it is stored, or the newest frame shows that there is nothing to store. */
  async store(jobs: readonly Job<unknown>[], deadline: number): Promise<unknown[]> {
    let isFresh = false
    let isConfirmed = false
    let doubts = 0
    for (;;) {
      if (performance.now() > deadline) throw storeDown(new Error('Others write to the channel all the time.'))
      if (!this.#head) {
        this.#head = await this.look(this.stream === undefined)
        isFresh = true
      }
      const isPlaced = this.#head.kind === 'channel' || (await this.#place(this.#head, jobs))
      if (typeof isPlaced === 'object') return jobs.map((job) => job.full(isPlaced.why))
      const producers = isPlaced ? this.#knowProducers(this.#head, jobs, doubts < maxDoubts) : undefined
      const known = producers instanceof Promise ? await producers : producers
      if (!known) {
        doubts++
        this.forget()
        continue
      }
      const draft = new Draft(this.#channel, this.#head, known, this.#now())
      const answers = jobs.map((job) => job.work(draft))
      if (!draft.changed) {
        const { stream } = this.#head
        if (isFresh && (isConfirmed || !stream.isReplicated)) return answers
        if (isFresh) await this.#lookup.streams.confirm(stream)
        isConfirmed = isFresh
        this.forget()
        continue
      }
      const published = await this.#publish(draft, this.#head, deadline)
      if (published.kind === 'stored') return this.#stored(draft, published.seq, answers)
      if (published.kind === 'no-stream') await this.#lookup.streams.hasChanged(this.#head.stream)
      this.forget()
      if (published.kind === 'full') return jobs.map((job) => job.full(published.why))
    }
  }

  #stored(draft: Draft, seq: number, answers: readonly unknown[]): unknown[] | Promise<unknown[]> {
    const head = draft.settle(seq)
    this.#head = head
    const all = answers.map((answer) => settled(answer, seq))
    return draft.deletes ? this.#purge(head).then(() => all) : all
  }

  /** What is not taken away now is not read any more, and goes with what comes after it. */
  async #purge({ stream, seq }: Head): Promise<void> {
    this.#producers.forget()
    const { jetStream, streams } = this.#lookup
    for (const subject of [streams.subject(stream, this.token), streams.producersSubject(stream, this.token)]) {
      await jetStream.purge(stream.name, subject, seq).catch(() => undefined)
    }
  }

  /** Whether a channel that is to be created has its place, or why there is none. False: it is to be looked up anew. */
  async #place(head: Head, jobs: readonly Job<unknown>[]): Promise<boolean | { why: string }> {
    const config = firstOf(jobs, (job) => job.creates(head))
    if (!config) return true
    const placed = await this.#lookup.place(this.#channel, this.token, head, config)
    return typeof placed === 'object' ? placed : !placed
  }

  /** Undefined: the channel has to be looked up anew. */
  #knowProducers(
    head: Head,
    jobs: readonly Job<unknown>[],
    mayBeNewer: boolean,
  ): Producers | undefined | Promise<Producers | undefined> {
    const isNeeded = jobs.some(({ hasProducer }) => hasProducer)
    const take = (known: Head | undefined) => {
      this.#head = known
      return known && this.#producers.all
    }
    const known = this.#producers.learn(head, isNeeded, mayBeNewer)
    return known instanceof Promise ? known.then(take) : take(known)
  }

  /**
   * Stores the frame. What became of an attempt without an answer is looked up, and it is tried again where it is not
   * there.
   */
  async #publish(draft: Draft, head: Head, deadline: number): Promise<Published> {
    const { jetStream, streams } = this.#lookup
    const subject = streams.subject(head.stream, this.token)
    const bytes = draft.encode()
    if (bytes.length > jetStream.link.maxBytes) throw tooLarge(jetStream.link.maxBytes)
    let lost: unknown
    for (;;) {
      let answer: Published | undefined
      try {
        const ms = Math.max(1, Math.min(attemptMs, deadline - performance.now()))
        answer = await jetStream.publish(subject, bytes, head.seq, ms)
        if (answer.kind === 'stored' || !lost) return answer
      } catch (thrown) {
        if (!lost && isCertain(thrown)) throw thrown
        lost ??= thrown
      }
      if (performance.now() + pauseMs > deadline) throw new OutcomeUnknown(notKnown, { cause: lost })
      const fate = await this.#fateOf(draft, head)
      if (fate === 'unknown' || (fate === 'absent' && answer)) throw new OutcomeUnknown(notKnown, { cause: lost })
      if (typeof fate === 'object') return fate
      if (fate === undefined) await this.#pause(deadline)
    }
  }

  /** Whether the frame that follows the head is this one; undefined: NATS cannot be asked now. */
  async #fateOf({ nonce }: Draft, head: Head): Promise<Published | 'absent' | 'unknown' | undefined> {
    const { jetStream, streams } = this.#lookup
    try {
      const subject = streams.subject(head.stream, this.token)
      const found = await jetStream.next(head.stream.name, subject, head.seq + 1)
      if (!found) return 'absent'
      const frame = decodeFrame(this.#channel, found.seq, found.data)
      if (frame.nonce === nonce) return { kind: 'stored', seq: frame.seq }
      return frame.before === head.seq ? { kind: 'conflict' } : 'unknown'
    } catch (thrown) {
      return thrown instanceof NoStream ? 'unknown' : undefined
    }
  }

  async #pause(deadline: number): Promise<void> {
    await this.#lookup.jetStream.link.whenUp(Math.max(0, deadline - performance.now()))
    await wait(pauseMs)
  }
}

function firstOf<T, R>(all: readonly T[], of: (one: T) => R | undefined): R | undefined {
  for (const one of all) {
    const found = of(one)
    if (found !== undefined) return found
  }
  return undefined
}

/** Nothing was done. */
function isCertain(thrown: unknown): boolean {
  return thrown instanceof AnywireError && thrown.code === 'store-down'
}

export function tooLarge(maxBytes: number): AnywireError {
  const sentence =
    `The NATS server takes messages of ${maxBytes} bytes at most, all that is published at once together, and ` +
    `${maxFrameMessages} messages: raise its "max_payload".`
  return new AnywireError('too-large', sentence)
}
