/** The store as the hub uses it: each call is answered in time, and nothing is asked after the end. */
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
import { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'
import { GuardedCalls, type GuardOptions } from './guarded-calls.js'

/**
 * What a store rejects with, and no answer within `storeMs`, is `store-down` here, or for an append an `unknown`
 * outcome. An AnywireError of the store's own goes on as it is. What the store is not capable of is refused before it
 * is asked.
 */
export class GuardedStore implements Store {
  readonly forks: Forks | undefined
  readonly #store: Store
  readonly #calls: GuardedCalls
  /** Which following of a channel is the newest. */
  readonly #followings = new Map<ChannelName, object>()

  constructor(store: Store, options: GuardOptions) {
    this.#store = store
    this.#calls = new GuardedCalls(options)
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
    return this.#calls.writing
  }

  append(...asked: Parameters<Store['append']>): Promise<AppendResult> {
    return this.#calls.append(asked[0], () => this.#store.append(...asked))
  }

  create(channel: ChannelName, config: ChannelConfig, options?: CreateOptions) {
    const lacking = this.#lacking(channel, config)
    if (lacking) return Promise.reject(lacking)
    return this.#calls.write('create', () => this.#store.create(channel, config, options))
  }

  /** Nothing is done where the store cannot: the channel stays as it was created. */
  configure(channel: ChannelName, policy: Policy): Promise<'configured' | 'missing'> {
    if (!this.capabilitiesOf(channel).configure) return Promise.resolve('configured')
    return this.#calls.write('configure', () => this.#store.configure(channel, policy))
  }

  delete(...asked: Parameters<Store['delete']>) {
    return this.#calls.write('delete', () => this.#store.delete(...asked))
  }

  read(...asked: Parameters<Store['read']>) {
    return this.#calls.read('read', () => this.#store.read(...asked))
  }

  snapshot(...asked: Parameters<Store['snapshot']>) {
    return this.#calls.read('snapshot', () => this.#store.snapshot(...asked))
  }

  position(...asked: Parameters<Store['position']>) {
    return this.#calls.read('position', () => this.#store.position(...asked))
  }

  touch(channels: readonly ChannelName[]): void {
    this.#calls.tell(() => this.#store.touch(channels))
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
    return this.#calls.read('follow', begun, () => {
      late = true
    })
  }

  unfollow(channel: ChannelName): void {
    this.#followings.delete(channel)
    this.#calls.tell(() => this.#store.unfollow(channel))
  }

  /** Nothing is asked from here on, and what is under way is not waited for. */
  close(): Promise<void> {
    return this.#calls.close(() => this.#store.close())
  }

  #guardedForks(forks: Forks): Forks {
    return {
      create: (channel: ChannelName, config: ChannelConfig, options: ForkOptions) => {
        const lacking = this.#lacking(channel, config)
        if (lacking) return Promise.reject(lacking)
        return this.#calls.write('create', () => forks.create(channel, config, options))
      },
      delete: (channel) => this.#calls.write('delete', () => forks.delete(channel)),
    }
  }

  #lacking(channel: ChannelName, { ttlSeconds, expiresAt }: ChannelConfig): AnywireError | undefined {
    const expires = ttlSeconds !== undefined || expiresAt !== undefined
    if (!expires || this.capabilitiesOf(channel).expiry) return undefined
    const sentence = `The store of ${JSON.stringify(channel)} cannot let channels expire: leave out TTL and expiry.`
    return new AnywireError('bad-request', sentence)
  }
}
