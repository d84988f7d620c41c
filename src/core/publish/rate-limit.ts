/** Token buckets: how many messages a second one principal at one address, and one address in all, may publish. */

import { AnywireError } from '../../protocol/error.js'
import { keepNewest } from '../bound.js'
import type { Limits } from '../limits.js'
import type { Author } from '../rule.js'

/** The state of one holder: two numbers. */
export interface Bucket {
  tokens: number
  /** When `tokens` was computed, in milliseconds. */
  at: number
}

export interface RateLimit {
  /** A full bucket: a second's worth may come at once. */
  bucket(): Bucket
  /**
   * Takes `count`, of which `paid` were taken before, and answers 0. Or it gives back what was paid, and answers the
   * milliseconds after which all would fit. More than a second's worth fits a full bucket, and is paid for afterwards.
   */
  take(bucket: Bucket, count: number, paid?: number): number
}

/** `perSecond` null: no limit. `now` in milliseconds, never going back (`performance.now`). */
export function createRateLimit(perSecond: number | null, now: () => number = () => performance.now()): RateLimit {
  const full = perSecond ?? Number.POSITIVE_INFINITY
  return {
    bucket: () => ({ tokens: full, at: perSecond === null ? 0 : now() }),
    take(held, count, paid = 0) {
      if (perSecond === null) return 0
      const time = now()
      held.tokens = Math.min(full, held.tokens + paid + ((time - held.at) * perSecond) / 1_000)
      held.at = time
      const needed = Math.min(count, full)
      if (held.tokens < needed) return Math.ceil(((needed - held.tokens) * 1_000) / perSecond)
      held.tokens -= count
      return 0
    },
  }
}

/**
 * Principals and addresses remembered at most, each; the one unused longest is forgotten, and begins anew with a full
 * bucket.
 */
const remembered = 10_000

interface Holder {
  readonly own: Bucket
  /**
   * The bucket of the address, shared by its principals: a client that chooses its id must not get more by choosing
   * many.
   */
  readonly shared: Bucket
}

export class PublishRate {
  readonly #limits: Limits
  readonly #now: (() => number) | undefined
  #each: RateLimit
  #address: RateLimit
  readonly #holders = new Map<string, Holder>()
  readonly #addresses = new Map<string, Bucket>()
  #last: { readonly id: string; readonly address: string; readonly holder: Holder } | undefined

  /** Of `limits` that change `begin` is to be told. */
  constructor(limits: Limits, now?: () => number) {
    this.#limits = limits
    this.#now = now
    this.#each = createRateLimit(limits.publishesPerSecond, now)
    this.#address = createRateLimit(limits.publishesPerSecondPerAddress, now)
  }

  /** The limits have changed: everybody begins with a full bucket. */
  begin(): void {
    this.#each = createRateLimit(this.#limits.publishesPerSecond, this.#now)
    this.#address = createRateLimit(this.#limits.publishesPerSecondPerAddress, this.#now)
    this.#holders.clear()
    this.#addresses.clear()
    this.#last = undefined
  }

  /** Principals remembered. */
  get size(): number {
    return this.#holders.size
  }

  /**
   * Takes `count` messages, of which `paid` were taken before.
   * @throws AnywireError `too-many` with the time after which they would fit.
   */
  charge(author: Author, count: number, paid = 0): void {
    const { publishesPerSecond: most, publishesPerSecondPerAddress: inAll } = this.#limits
    if (most === null && inAll === null) return
    const { own, shared } = this.#holderOf(author)
    const wait = this.#each.take(own, count, paid)
    if (wait > 0) shared.tokens += paid
    if (wait > 0) throw tooMany(`You publish more than ${most} messages a second.`, wait)
    const waitShared = this.#address.take(shared, count, paid)
    if (waitShared === 0) return
    own.tokens += count
    throw tooMany(`Your address publishes more than ${inAll} messages a second.`, waitShared)
  }

  #holderOf({ principal, address }: Author): Holder {
    const { id } = principal
    const last = this.#last
    // A frequent publisher is mostly the last one: no key is built for it.
    if (last?.id === id && last.address === address) return last.holder
    const holder = this.#found(`${id}\n${address}`, address)
    this.#last = { id, address, holder }
    return holder
  }

  #found(key: string, address: string): Holder {
    const known = this.#holders.get(key)
    // The order of use matters only when the map is nearly full.
    if (known && this.#holders.size < remembered / 2) return known
    const holder = known ?? { own: this.#each.bucket(), shared: this.#sharedOf(address) }
    // Set again, so that the map stays in order of use.
    this.#holders.delete(key)
    this.#holders.set(key, holder)
    keepNewest(this.#holders, remembered)
    return holder
  }

  #sharedOf(address: string): Bucket {
    const shared = this.#addresses.get(address) ?? this.#address.bucket()
    this.#addresses.delete(address)
    this.#addresses.set(address, shared)
    keepNewest(this.#addresses, remembered)
    return shared
  }
}

function tooMany(sentence: string, retryMs: number): AnywireError {
  return new AnywireError('too-many', sentence, { details: { retryMs } })
}
