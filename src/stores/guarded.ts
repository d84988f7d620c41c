/** The store as the hub uses it: every call is answered in time, what goes wrong has one name, and nothing is asked after the end. */
import { Deadlines } from '../core/deadlines.js'
import { type Meter, noMeter, type StoreCall } from '../core/meter.js'
import type {
  AppendResult,
  ChannelConfig,
  CreateOptions,
  ForkOptions,
  Forks,
  Policy,
  Store,
  StoreCapabilities,
  Wake,
} from '../core/store.js'
import { storeDown } from '../core/store-down.js'
import { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'

export interface GuardOptions {
  /** How long a call may take. */
  readonly storeMs: number
  /** Hears of the first failure of each outage: from one call that fails to the next that is answered. */
  readonly onError: (error: AnywireError) => void
  /** Told of that too: where logs stand should be asked. */
  readonly onAway?: (() => void) | undefined
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

/**
 * What a store rejects with, and no answer within `storeMs`, is `store-down` here, or for an append an `unknown`
 * outcome. An AnywireError of the store's own goes on as it is. What the store is not capable of is refused before it
 * is asked.
 */
export class GuardedStore implements Store {
  readonly forks: Forks | undefined
  readonly #store: Store
  readonly #options: GuardOptions
  readonly #meter: Meter
  readonly #isMetered: boolean
  readonly #reads: Deadlines
  readonly #writes: Deadlines
  /** Which following of a channel is the newest. */
  readonly #followings = new Map<ChannelName, object>()
  /** The first failure since the store answered last: what all calls are refused with until it answers again. */
  #outage: AnywireError | undefined
  /** Until then nothing is asked, since it does not answer (by `performance.now()`); 0: it does. */
  #silentUntil = 0
  /** How many calls it has answered. */
  #answers = 0
  #closed = false

  constructor(store: Store, options: GuardOptions) {
    const { storeMs } = options
    this.#store = store
    this.#options = options
    this.#meter = options.meter ?? noMeter
    this.#isMetered = this.#meter !== noMeter
    const late = () => new LateError(`The store did not answer within ${storeMs} ms (the limit "storeMs").`)
    this.#reads = new Deadlines(storeMs, late)
    this.#writes = new Deadlines(storeMs, late)
    this.forks = store.forks && this.#guardedForks(store.forks)
  }

  get capabilities() {
    return this.#store.capabilities
  }

  capabilitiesOf(channel: ChannelName): StoreCapabilities {
    return this.#store.capabilitiesOf?.(channel) ?? this.#store.capabilities
  }

  /** Appends, creations and deletions under way. */
  get writing(): number {
    return this.#writes.pending
  }

  append(...asked: Parameters<Store['append']>): Promise<AppendResult> {
    return this.#ask('append', this.#writes, () => this.#store.append(...asked), this.#unknown, asked[0])
  }

  create(channel: ChannelName, config: ChannelConfig, options?: CreateOptions) {
    const lacking = this.#lacking(channel, config)
    if (lacking) return Promise.reject(lacking)
    return this.#ask('create', this.#writes, () => this.#store.create(channel, config, options), this.#fail)
  }

  /** Nothing is done where the store cannot: the channel stays as it was created. */
  configure(channel: ChannelName, policy: Policy): Promise<'configured' | 'missing'> {
    if (!this.capabilitiesOf(channel).configure) return Promise.resolve('configured')
    return this.#ask('configure', this.#writes, () => this.#store.configure(channel, policy), this.#fail)
  }

  delete(...asked: Parameters<Store['delete']>) {
    return this.#ask('delete', this.#writes, () => this.#store.delete(...asked), this.#fail)
  }

  read(...asked: Parameters<Store['read']>) {
    return this.#ask('read', this.#reads, () => this.#store.read(...asked), this.#fail)
  }

  snapshot(...asked: Parameters<Store['snapshot']>) {
    return this.#ask('snapshot', this.#reads, () => this.#store.snapshot(...asked), this.#fail)
  }

  position(...asked: Parameters<Store['position']>) {
    return this.#ask('position', this.#reads, () => this.#store.position(...asked), this.#fail)
  }

  touch(channels: readonly ChannelName[]): void {
    this.#tell(() => this.#store.touch(channels))
  }

  watch(listener: (wake: Wake) => void): void {
    this.#store.watch(listener)
  }

  /** A following that begins too late for the one who asked for it is ended, unless somebody has asked again. */
  follow(channel: ChannelName): Promise<void> {
    const following = {}
    this.#followings.set(channel, following)
    let late = false
    const begun = async () => {
      await this.#store.follow(channel)
      if (late && this.#followings.get(channel) === following) this.unfollow(channel)
    }
    return this.#ask('follow', this.#reads, begun, (thrown) => {
      late = true
      this.#fail(thrown)
    })
  }

  unfollow(channel: ChannelName): void {
    this.#followings.delete(channel)
    this.#tell(() => this.#store.unfollow(channel))
  }

  /** Nothing is asked from here on, and what is under way is not waited for. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#reads.end(closedHub())
    this.#writes.end(closedHub())
    try {
      await this.#reads.within(this.#store.close(), (thrown) => {
        throw thrown
      })
    } catch (thrown) {
      this.#options.onError(storeDown(thrown))
    }
  }

  #guardedForks(forks: Forks): Forks {
    return {
      create: (channel: ChannelName, config: ChannelConfig, options: ForkOptions) => {
        const lacking = this.#lacking(channel, config)
        if (lacking) return Promise.reject(lacking)
        return this.#ask('create', this.#writes, () => forks.create(channel, config, options), this.#fail)
      },
      delete: (channel) => this.#ask('delete', this.#writes, () => forks.delete(channel), this.#fail),
    }
  }

  #lacking(channel: ChannelName, { ttlSeconds, expiresAt }: ChannelConfig): AnywireError | undefined {
    const expires = ttlSeconds !== undefined || expiresAt !== undefined
    if (!expires || this.capabilitiesOf(channel).expiry) return undefined
    const sentence = `The store of ${JSON.stringify(channel)} cannot let channels expire: leave out TTL and expiry.`
    return new AnywireError('bad-request', sentence)
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

  /** What cannot be answered: a failure of it fails nothing else. */
  #tell(call: () => void): void {
    if (this.#closed) return
    try {
      call()
    } catch (thrown) {
      this.#failure(thrown)
    }
  }

  /** Also by a call that was given up. */
  #answered(): void {
    this.#answers++
    this.#silentUntil = 0
    this.#outage = undefined
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
    if (thrown instanceof AnywireError && thrown.code !== 'store-down') return thrown
    if (this.#outage) return this.#outage
    this.#outage = thrown instanceof AnywireError ? thrown : storeDown(thrown)
    this.#options.onError(this.#outage)
    this.#options.onAway?.()
    return this.#outage
  }
}
