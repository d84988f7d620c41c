/** What is asked of one channel, in order: what waits becomes one frame. */
import { performance } from 'node:perf_hooks'
import { storeDown } from '../../core/store-down.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Offset } from '../../protocol/offset.js'
import { maxFrameMessages } from './frame.js'
import type { Link } from './link.js'
import type { Head } from './lookup.js'
import type { ChannelStream } from './streams.js'
import { type Job, OutcomeUnknown, tooLarge, Writer, type WriterOptions } from './writer.js'

interface Waiting {
  readonly job: Job<unknown>
  /** By `performance.now()`. */
  readonly deadline: number
  readonly done: (answer: never) => void
  readonly failed: (error: unknown) => void
}

export interface LaneOptions extends WriterOptions {
  readonly appendMs: number
}

/** A frame holds what waits up to so many bytes: a larger one holds up the others on the connection. */
const joinedBytes = 131_072

export class Lane {
  /** The position before the first kept message, when the newest frame was `seq`. */
  floor: { readonly epoch: string; readonly seq: number; readonly offset: Offset } | undefined
  readonly #writer: Writer
  readonly #link: Link
  readonly #appendMs: number
  #queue: Waiting[] = []
  #running: Promise<void> | undefined

  constructor(channel: ChannelName, options: LaneOptions) {
    this.#writer = new Writer(channel, options)
    this.#link = options.lookup.jetStream.link
    this.#appendMs = options.appendMs
  }

  get token(): string {
    return this.#writer.token
  }

  /** Where the channel was kept when it was looked up last. */
  get stream(): ChannelStream | undefined {
    return this.#writer.stream
  }

  get idle(): boolean {
    return this.#running === undefined
  }

  /** How many producers it knows. */
  get producers(): number {
    return this.#writer.producers
  }

  /** Resolves when nothing is being written. */
  settled(): Promise<void> {
    return this.#running ?? Promise.resolve()
  }

  /** The connection was lost: what was stored meanwhile, or taken away, is not known here. */
  doubt(): void {
    if (this.idle) this.#writer.forget()
  }

  /** Looks the channel up. */
  look(): Promise<Head> {
    return this.#writer.look()
  }

  /**
   * @throws AnywireError `store-down` for what was not done, `too-large`; `OutcomeUnknown` for what may have been done.
   */
  ask<T>(job: Job<T>): Promise<T> {
    const { up, maxBytes } = this.#link
    if (!up) return Promise.reject(storeDown(new Error('The connection to NATS is down.')))
    if (job.messages > maxFrameMessages || job.bytes > maxBytes) return Promise.reject(tooLarge(maxBytes))
    const deadline = performance.now() + this.#appendMs
    return new Promise((done, failed) => {
      this.#queue.push({ job, deadline, done, failed })
      this.#running ??= this.#run()
    })
  }

  async #run(): Promise<void> {
    // What is asked for in one turn is joined.
    await undefined
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) {
      try {
        const jobs = batch.map(({ job }) => job)
        const answers = await this.#writer.store(jobs, batch[0]!.deadline)
        for (let index = 0; index < batch.length; index++) batch[index]!.done(answers[index] as never)
      } catch (thrown) {
        this.#writer.forget()
        // Nothing was stored, unless it says so.
        const isSaid = thrown instanceof AnywireError || thrown instanceof OutcomeUnknown
        for (const { failed } of batch) failed(isSaid ? thrown : storeDown(thrown))
      }
    }
    this.#running = undefined
  }

  /** Those of the next frame. */
  #take(): Waiting[] {
    this.#refuseLate()
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

  /** All wait equally long, so those that are late come first. */
  #refuseLate(): void {
    const now = performance.now()
    for (let first = this.#queue[0]; first && first.deadline < now; first = this.#queue[0]) {
      this.#queue.shift()
      first.failed(storeDown(new Error('Others were stored before it for too long.')))
    }
  }
}
