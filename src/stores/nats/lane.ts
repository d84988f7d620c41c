/** The writes of one channel, in order: those that wait become one frame, which is stored by compare-and-set. */
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import type { ChannelConfig } from '../../core/store.js'
import { storeDown } from '../../core/store-down.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Offset } from '../../protocol/offset.js'
import { Draft, settled } from './draft.js'
import { decodeFrame, format, maxFrameMessages } from './frame.js'
import { NoStream, type Published } from './jetstream.js'
import type { Head, Lookup } from './lookup.js'
import { maxRecent, Producers, type WrittenProducers } from './producers.js'
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

interface Waiting {
  readonly job: Job<unknown>
  /** By `performance.now()`. */
  readonly deadline: number
  readonly done: (answer: never) => void
  readonly failed: (error: unknown) => void
}

/** It was sent, and may have been stored. */
export class OutcomeUnknown extends Error {}

export interface LaneOptions {
  readonly lookup: Lookup
  readonly appendMs: number
  readonly now: () => number
}

/** A frame holds what waits up to so many bytes: a larger one holds up the others on the connection. */
const joinedBytes = 131_072
const attemptMs = 2_000
const pauseMs = 20
/** How often it is looked again for the frame that producers were written down after. */
const maxDoubts = 3

export class Lane {
  readonly token: string
  /** Where the channel was kept when it was looked up last. */
  stream: ChannelStream | undefined
  /** The position before the first kept message, when the newest frame was `seq`. */
  floor: { readonly epoch: string; readonly seq: number; readonly offset: Offset } | undefined
  readonly #channel: ChannelName
  readonly #options: LaneOptions
  #queue: Waiting[] = []
  #running: Promise<void> | undefined
  /** As the last frame that was stored from here left it. */
  #head: Head | undefined
  /** Of `#head`: all of them, or those alone that stand in the frame. */
  #producers: { readonly all: Producers; readonly isWhole: boolean } | undefined

  constructor(channel: ChannelName, options: LaneOptions) {
    this.#channel = channel
    this.token = tokenOf(channel)
    this.#options = options
  }

  get idle(): boolean {
    return this.#running === undefined
  }

  /** How many producers it knows. */
  get producers(): number {
    return this.#producers?.all.size ?? 0
  }

  /** Resolves when nothing is being written. */
  settled(): Promise<void> {
    return this.#running ?? Promise.resolve()
  }

  /** The connection was lost: what was stored meanwhile, or taken away, is not known here. */
  doubt(): void {
    if (this.idle) this.#forget()
  }

  /** Looks the channel up. */
  async look(): Promise<Head> {
    const head = await this.#options.lookup.head(this.#channel, this.token, this.stream)
    this.stream = head.stream
    return head
  }

  /**
   * @throws AnywireError `store-down` for what was not done, `too-large`; `OutcomeUnknown` for what may have been done.
   */
  ask<T>(job: Job<T>): Promise<T> {
    if (!this.#link.up) return Promise.reject(storeDown(new Error('The connection to NATS is down.')))
    if (job.messages > maxFrameMessages || job.bytes > this.#link.maxBytes)
      return Promise.reject(tooLarge(this.#link.maxBytes))
    const deadline = performance.now() + this.#options.appendMs
    return new Promise((done, failed) => {
      this.#queue.push({ job, deadline, done, failed })
      this.#running ??= this.#run()
    })
  }

  get #link() {
    return this.#options.lookup.jetStream.link
  }

  async #run(): Promise<void> {
    // What is asked for in one turn is joined.
    await Promise.resolve()
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) {
      try {
        const answers = await this.#store(
          batch.map(({ job }) => job),
          batch[0]!.deadline,
        )
        for (const [index, { done }] of batch.entries()) done(answers[index] as never)
      } catch (thrown) {
        this.#forget()
        // Nothing was stored, unless it says so.
        const isSaid = thrown instanceof AnywireError || thrown instanceof OutcomeUnknown
        for (const { failed } of batch) failed(isSaid ? thrown : storeDown(thrown))
      }
    }
    this.#running = undefined
  }

  #take(): Waiting[] {
    const late = (one: Waiting) => one.deadline < performance.now()
    for (const { failed } of this.#queue.filter(late))
      failed(storeDown(new Error('Others were stored before it for too long.')))
    this.#queue = this.#queue.filter((one) => !late(one))
    let [messages, bytes, count] = [0, 0, 0]
    for (const { job } of this.#queue) {
      const isMore = count > 0
      messages += job.messages
      bytes += job.bytes
      const isTooMuch = messages > maxFrameMessages || bytes > Math.min(joinedBytes, this.#link.maxBytes / 2)
      if (isMore && (job.alone || isTooMuch)) break
      count++
      if (job.alone) break
    }
    return this.#queue.splice(0, count)
  }

  #forget(): void {
    this.#head = undefined
    this.#producers = undefined
  }

  /** Until a frame with all of it is stored, or the newest frame shows that there is nothing to store. */
  async #store(jobs: readonly Job<unknown>[], deadline: number): Promise<unknown[]> {
    let isFresh = false
    let isConfirmed = false
    let doubts = 0
    for (;;) {
      if (performance.now() > deadline) throw storeDown(new Error('Others write to the channel all the time.'))
      if (!this.#head) {
        this.#head = await this.look()
        isFresh = true
      }
      const config = this.#head.kind === 'channel' ? undefined : firstOf(jobs, (job) => job.creates(this.#head!))
      const isPlaced = config ? await this.#place(this.#head, config) : true
      if (typeof isPlaced === 'object') return jobs.map((job) => job.full(isPlaced.why))
      if (!isPlaced || !(await this.#knowProducers(jobs, doubts < maxDoubts))) {
        doubts++
        this.#forget()
        continue
      }
      const draft = new Draft(this.#channel, this.#head, this.#producers!.all, this.#options.now())
      const answers = jobs.map((job) => job.work(draft))
      if (!draft.changed) {
        const { stream } = this.#head
        if (isFresh && (isConfirmed || !stream.isReplicated)) return answers
        if (isFresh) await this.#options.lookup.streams.confirm(stream)
        isConfirmed = isFresh
        this.#forget()
        continue
      }
      const published = await this.#publish(draft, this.#head, deadline)
      if (published.kind === 'stored') return this.#stored(draft, published.seq, answers)
      if (published.kind === 'full') {
        this.#forget()
        return jobs.map((job) => job.full(published.why))
      }
      if (published.kind === 'no-stream') await this.#options.lookup.streams.hasChanged(this.#head.stream)
      this.#forget()
    }
  }

  async #stored(draft: Draft, seq: number, answers: readonly unknown[]): Promise<unknown[]> {
    const head = draft.settle(seq)
    this.#head = head
    if (draft.deletes) {
      this.#producers = undefined
      const { jetStream, streams } = this.#options.lookup
      // What is not taken away now is not read any more, and goes with what comes after it.
      for (const subject of [
        streams.subject(head.stream, this.token),
        streams.producersSubject(head.stream, this.token),
      ]) {
        await jetStream.purge(head.stream.name, subject, seq).catch(() => undefined)
      }
    }
    return answers.map((answer) => settled(answer, seq))
  }

  async #place(head: Head, config: ChannelConfig): Promise<boolean | { why: string }> {
    const placed = await this.#options.lookup.place(this.#channel, this.token, head, config)
    return typeof placed === 'object' ? placed : !placed
  }

  /**
   * Sees to it that the producers are known, and that not too many of them stand in each frame. False: the channel has
   * to be looked up anew. `mayBeNewer`: what is written down of them may be of a newer frame than the one known here.
   */
  async #knowProducers(jobs: readonly Job<unknown>[], mayBeNewer: boolean): Promise<boolean> {
    const head = this.#head!
    const isOver = head.kind === 'channel' && head.recent.length > maxRecent
    const isNeeded = isOver || jobs.some(({ hasProducer }) => hasProducer)
    if (this.#producers && !isOver && (this.#producers.isWhole || !isNeeded)) return true
    const isWhole = head.kind !== 'channel' || (head.written === 0 && !isOver)
    if (isWhole || !isNeeded) {
      this.#producers = { all: new Producers([], head.recent, head.producers), isWhole }
      return true
    }
    const { jetStream, streams } = this.#options.lookup
    const subject = streams.producersSubject(head.stream, this.token)
    const found = await jetStream.last(head.stream.name, subject)
    const record = found && readProducers(found.data)
    if (record?.birth === head.birth && record.uses > head.uses && mayBeNewer) return false
    // What is still newer is left from frames that somebody has purged.
    const isOurs = record?.birth === head.birth && record.uses <= head.uses
    const all = new Producers(isOurs ? record.all : [], head.recent, head.producers)
    this.#producers = { all, isWhole: true }
    if (!isOver) return true
    if (!isOurs || record.uses < head.uses) {
      const bytes = writeProducers(head, all, this.#link.maxBytes)
      const { kind } = await jetStream.publish(subject, bytes, found?.seq ?? 0)
      // Where there is no room, frames name more of them.
      if (kind !== 'stored') return kind === 'full'
    }
    this.#head = { ...head, written: head.uses, recent: [] }
    return true
  }

  /** Stores the frame. What became of an attempt without an answer is looked up, and it is tried again where it is not there. */
  async #publish(draft: Draft, head: Head, deadline: number): Promise<Published> {
    const { jetStream, streams } = this.#options.lookup
    const subject = streams.subject(head.stream, this.token)
    const bytes = draft.encode()
    if (bytes.length > this.#link.maxBytes) throw tooLarge(this.#link.maxBytes)
    let lost: unknown
    for (;;) {
      let answer: Published | undefined
      try {
        answer = await jetStream.publish(
          subject,
          bytes,
          head.seq,
          Math.max(1, Math.min(attemptMs, deadline - performance.now())),
        )
        if (answer.kind === 'stored' || !lost) return answer
      } catch (thrown) {
        if (!lost && isCertain(thrown)) throw thrown
        lost ??= thrown
      }
      if (performance.now() + pauseMs > deadline) throw new OutcomeUnknown('It may have been stored.', { cause: lost })
      const fate = await this.#fateOf(draft, head)
      if (fate === 'unknown' || (fate === 'absent' && answer))
        throw new OutcomeUnknown('It may have been stored.', { cause: lost })
      if (typeof fate === 'object') return fate
      if (fate === undefined) await this.#pause(deadline)
    }
  }

  /** Whether the frame that follows the head is this one; undefined: NATS cannot be asked now. */
  async #fateOf({ nonce }: Draft, head: Head): Promise<Published | 'absent' | 'unknown' | undefined> {
    const { jetStream, streams } = this.#options.lookup
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
    await this.#link.whenUp(Math.max(0, deadline - performance.now()))
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

function tooLarge(maxBytes: number): AnywireError {
  const sentence = `The NATS server takes messages of ${maxBytes} bytes at most, all that is published at once together, and ${maxFrameMessages} messages: raise its "max_payload".`
  return new AnywireError('too-large', sentence)
}

function readProducers(data: Buffer): WrittenProducers {
  const record = JSON.parse(data.toString()) as WrittenProducers
  if (record.format === format) return record
  const sentence = `NATS holds producers of format ${record.format}; this Anywire knows format ${format}: update it.`
  throw new AnywireError('internal', sentence)
}

/** Those unused longest are left out where they do not fit. */
function writeProducers({ birth, uses }: Head, producers: Producers, maxBytes: number): Buffer {
  let all = producers.all()
  for (;;) {
    const bytes = Buffer.from(JSON.stringify({ format, birth, uses, all } satisfies WrittenProducers))
    if (bytes.length < maxBytes || all.length === 0) return bytes
    all = all.slice(Math.ceil(all.length / 2))
  }
}
