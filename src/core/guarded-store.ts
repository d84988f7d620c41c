/** The store as the hub uses it: every call is answered in time, what goes wrong has one name, and nothing is asked after the end. */
import { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'
import { Deadlines } from './deadlines.js'
import type { AppendResult, Store, Wake } from './store.js'

export interface GuardOptions {
  /** How long a call may take. */
  readonly storeMs: number
  /** Hears of each failure once. */
  readonly onError: (error: AnywireError) => void
}

/** Why a call of the store failed. */
export function storeDown(cause: unknown): AnywireError {
  const sentence = 'The store cannot be asked at the moment; come back in a while.'
  return new AnywireError('store-down', sentence, { cause, details: { retryMs: 1_000 } })
}

export function closedHub(): AnywireError {
  const sentence = 'This hub is closed: nothing is published or read any more. Connect to another server.'
  return new AnywireError('draining', sentence)
}

/**
 * A store rejects where it cannot be asked. Here that, and no answer within `storeMs`, is `store-down`, or for an append an `unknown` outcome.
 * An AnywireError of the store's own goes on as it is.
 */
export class GuardedStore implements Store {
  readonly #store: Store
  readonly #onError: (error: AnywireError) => void
  readonly #reads: Deadlines
  readonly #writes: Deadlines
  /** Which following of a channel is the newest. */
  readonly #followings = new Map<ChannelName, object>()
  #closed = false

  constructor(store: Store, { storeMs, onError }: GuardOptions) {
    this.#store = store
    this.#onError = onError
    const late = () => new Error(`The store did not answer within ${storeMs} ms (the limit "storeMs").`)
    this.#reads = new Deadlines(storeMs, late)
    this.#writes = new Deadlines(storeMs, late)
  }

  get capabilities() {
    return this.#store.capabilities
  }

  /** Appends, creations and deletions under way. */
  get writing(): number {
    return this.#writes.pending
  }

  append(...asked: Parameters<Store['append']>): Promise<AppendResult> {
    return this.#ask(this.#writes, () => this.#store.append(...asked), this.#unknown)
  }

  create(...asked: Parameters<Store['create']>) {
    return this.#ask(this.#writes, () => this.#store.create(...asked), this.#fail)
  }

  delete(...asked: Parameters<Store['delete']>) {
    return this.#ask(this.#writes, () => this.#store.delete(...asked), this.#fail)
  }

  read(...asked: Parameters<Store['read']>) {
    return this.#ask(this.#reads, () => this.#store.read(...asked), this.#fail)
  }

  snapshot(...asked: Parameters<Store['snapshot']>) {
    return this.#ask(this.#reads, () => this.#store.snapshot(...asked), this.#fail)
  }

  position(...asked: Parameters<Store['position']>) {
    return this.#ask(this.#reads, () => this.#store.position(...asked), this.#fail)
  }

  channels(...asked: Parameters<Store['channels']>) {
    return this.#ask(this.#reads, () => this.#store.channels(...asked), this.#fail)
  }

  touch(channel: ChannelName): void {
    this.#tell(() => this.#store.touch(channel))
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
    return this.#ask(this.#reads, begun, (thrown) => {
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
      this.#report(thrown)
    }
  }

  #ask<T>(deadlines: Deadlines, call: () => Promise<T>, failed: (thrown: unknown) => T): Promise<T> {
    if (this.#closed) return Promise.reject(closedHub())
    try {
      return deadlines.within(call(), failed)
    } catch (thrown) {
      return deadlines.within(Promise.reject(thrown), failed)
    }
  }

  /** What cannot be answered: a failure of it fails nothing else. */
  #tell(call: () => void): void {
    if (this.#closed) return
    try {
      call()
    } catch (thrown) {
      this.#report(thrown)
    }
  }

  readonly #fail = (thrown: unknown): never => {
    throw thrown instanceof AnywireError ? thrown : this.#report(thrown)
  }

  readonly #unknown = (thrown: unknown): AppendResult => {
    if (thrown instanceof AnywireError) throw thrown
    this.#report(thrown)
    return { kind: 'unknown', cause: thrown }
  }

  #report(thrown: unknown): AnywireError {
    const error = storeDown(thrown)
    this.#onError(error)
    return error
  }
}
