/** Calls of a store: each has a deadline, a failure has one name, and a silent store is left alone. */
import { Deadlines } from '../core/deadlines.js'
import { type Meter, noMeter, type StoreCall } from '../core/meter.js'
import type { AppendResult } from '../core/store.js'
import { storeDown } from '../core/store-down.js'
import { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'

export interface GuardOptions {
  /** How long a call may take. */
  readonly storeMs: number
  /** Hears of the first failure of each outage: from one call that fails to the next that is answered. */
  readonly onError: (error: AnywireError) => void
  /** Told of that too: where logs stand should be asked. */
  readonly onAway?: ((error: AnywireError) => void) | undefined
  /** Told when the store answers after an outage. */
  readonly onBack?: (() => void) | undefined
  /** Hears which channels were appended to. */
  readonly onAppended?: ((channel: ChannelName) => void) | undefined
  /** @default noMeter */
  readonly meter?: Meter | undefined
}

export function closedHub(): AnywireError {
  const sentence = 'This hub is closed: nothing is published or read any more. Connect to another server.'
  return new AnywireError('draining', sentence)
}

/**
 * A store that has answered nothing for `storeMs` is asked one thing in so long, until it answers. All else is refused
 * at once.
 */
const probeMs = 1_000

/** No answer in time. */
class LateError extends Error {}

function isAppended(answer: unknown): boolean {
  return (answer as Partial<AppendResult> | undefined)?.kind === 'appended'
}

export class GuardedCalls {
  readonly #options: GuardOptions
  readonly #meter: Meter
  readonly #isMetered: boolean
  readonly #reads: Deadlines
  readonly #writes: Deadlines
  /** The first failure since the store answered last: what all calls are refused with until it answers again. */
  #outage: AnywireError | undefined
  /** Until then nothing is asked, since it does not answer (by `performance.now()`); 0: it does. */
  #silentUntil = 0
  /** How many calls it has answered. */
  #answers = 0
  #closed = false

  constructor(options: GuardOptions) {
    const { storeMs } = options
    this.#options = options
    this.#meter = options.meter ?? noMeter
    this.#isMetered = this.#meter !== noMeter
    const late = () => new LateError(`The store did not answer within ${storeMs} ms (the limit "storeMs").`)
    this.#reads = new Deadlines(storeMs, late)
    this.#writes = new Deadlines(storeMs, late)
  }

  /** Appends, creations and deletions under way. */
  get writing(): number {
    return this.#writes.pending
  }

  /** One that may have been done has an `unknown` outcome. */
  append(channel: ChannelName, call: () => Promise<AppendResult>): Promise<AppendResult> {
    return this.#ask('append', this.#writes, call, this.#unknown, channel)
  }

  write<T>(name: StoreCall, call: () => Promise<T>): Promise<T> {
    return this.#ask(name, this.#writes, call, this.#fail)
  }

  /** `failed` is called before it rejects. */
  read<T>(name: StoreCall, call: () => Promise<T>, failed?: () => void): Promise<T> {
    if (!failed) return this.#ask(name, this.#reads, call, this.#fail)
    return this.#ask(name, this.#reads, call, (thrown) => {
      failed()
      return this.#fail(thrown)
    })
  }

  /** What cannot be answered: a failure of it fails nothing else. */
  tell(call: () => void): void {
    if (this.#closed) return
    try {
      call()
    } catch (thrown) {
      this.#failure(thrown)
    }
  }

  /** Nothing is asked from here on, and what is under way is not waited for. */
  async close(call: () => Promise<void>): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#reads.end(closedHub())
    this.#writes.end(closedHub())
    try {
      await this.#reads.within(call(), (thrown) => {
        throw thrown
      })
    } catch (thrown) {
      this.#options.onError(storeDown(thrown))
    }
  }

  /** `channel`: what was appended to. */
  #ask<T>(
    name: StoreCall,
    deadlines: Deadlines,
    call: () => Promise<T>,
    failed: (thrown: unknown) => T,
    channel?: ChannelName,
  ): Promise<T> {
    if (this.#closed) return Promise.reject(closedHub())
    if (this.#silentUntil > 0) {
      const now = performance.now()
      if (now < this.#silentUntil) return Promise.reject(this.#outage)
      this.#silentUntil = now + probeMs
    }
    const answers = this.#answers
    const began = this.#isMetered ? performance.now() : 0
    const fail = (thrown: unknown) => {
      // One call that hangs, where others are answered, is that call's affair.
      if (thrown instanceof LateError && answers === this.#answers) this.#silentUntil = performance.now()
      if (this.#isMetered) this.#meter.asked(name, false, performance.now() - began)
      return failed(thrown)
    }
    const answered = (answer: T) => {
      this.#answered()
      if (this.#isMetered) this.#meter.asked(name, true, performance.now() - began)
      if (channel !== undefined && isAppended(answer)) this.#options.onAppended?.(channel)
    }
    try {
      return deadlines.within(call(), fail, answered)
    } catch (thrown) {
      return deadlines.within(Promise.reject(thrown), fail)
    }
  }

  /** Also by a call that was given up. */
  #answered(): void {
    this.#answers++
    this.#silentUntil = 0
    if (this.#outage === undefined) return
    this.#outage = undefined
    this.#options.onBack?.()
  }

  readonly #fail = (thrown: unknown): never => {
    throw this.#failure(thrown)
  }

  readonly #unknown = (thrown: unknown): AppendResult => {
    const error = this.#failure(thrown)
    if (thrown instanceof AnywireError) throw error
    return { kind: 'unknown', cause: thrown }
  }

  #failure(thrown: unknown): AnywireError {
    // What was under way at the end fails, as it was to.
    if (this.#closed) return closedHub()
    if (thrown instanceof AnywireError && thrown.code !== 'store-down') return thrown
    if (this.#outage) return this.#outage
    this.#outage = thrown instanceof AnywireError ? thrown : storeDown(thrown)
    this.#options.onError(this.#outage)
    this.#options.onAway?.(this.#outage)
    return this.#outage
  }
}
