/** Token buckets: how many publishes a second one connection, or one principal at one address, may make. */

/** The state of one holder: two numbers. Kept by whoever is limited. */
export interface Bucket {
  tokens: number
  /** Milliseconds at which `tokens` was right. */
  at: number
}

export interface RateLimit {
  /** A full bucket: a second's worth may come at once. */
  bucket(): Bucket
  /** Takes `count`, and answers 0; or takes nothing and answers the milliseconds after which it would fit. More than a second's worth fits a full bucket, and is paid for afterwards. */
  take(bucket: Bucket, count: number): number
  /** As `take`, from the bucket of a key that is remembered here. */
  takeFor(key: string, count: number): number
  /** Keys remembered. */
  readonly keys: number
}

/** Keys remembered at most; the one unused longest is forgotten, and begins anew with a full bucket. */
const remembered = 10_000

/** `perSecond` null: no limit. `now` in milliseconds, never going back (`performance.now`). */
export function createRateLimit(perSecond: number | null, now: () => number = () => performance.now()): RateLimit {
  const full = perSecond ?? Number.POSITIVE_INFINITY
  const byKey = new Map<string, Bucket>()

  function bucket(): Bucket {
    return { tokens: full, at: perSecond === null ? 0 : now() }
  }

  function take(held: Bucket, count: number): number {
    if (perSecond === null) return 0
    const time = now()
    held.tokens = Math.min(full, held.tokens + ((time - held.at) * perSecond) / 1_000)
    held.at = time
    const needed = Math.min(count, full)
    if (held.tokens < needed) return Math.ceil(((needed - held.tokens) * 1_000) / perSecond)
    held.tokens -= count
    return 0
  }

  return {
    bucket,
    take,
    takeFor(key, count) {
      if (perSecond === null) return 0
      const held = byKey.get(key) ?? bucket()
      // Set anew, so that the map stays in order of use.
      byKey.delete(key)
      byKey.set(key, held)
      if (byKey.size > remembered) byKey.delete(byKey.keys().next().value!)
      return take(held, count)
    },
    get keys() {
      return byKey.size
    },
  }
}
