/** The newest delays of a transport, and what they were at most for half and for nearly all. */

/** Delays that are held, and how old the oldest of them may be. */
const held = 256
const freshMs = 60_000

export interface DelaySummary {
  /** How many the others are of. */
  readonly samples: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

export class Delays {
  readonly #ms = new Float64Array(held)
  /** When each was measured, by `performance.now()`. */
  readonly #at = new Float64Array(held)
  #count = 0

  add(ms: number): void {
    const place = this.#count++ % held
    this.#ms[place] = ms
    this.#at[place] = performance.now()
  }

  /** Of those of the last minute. Undefined: there are none. */
  summary(now = performance.now()): DelaySummary | undefined {
    const used = Math.min(this.#count, held)
    const fresh = this.#ms.subarray(0, used).filter((_, place) => now - (this.#at[place] ?? 0) < freshMs)
    if (fresh.length === 0) return undefined
    const sorted = fresh.sort()
    const at = (share: number) => Math.round((sorted[Math.ceil(share * sorted.length) - 1] ?? 0) * 10) / 10
    return { samples: sorted.length, p50: at(0.5), p99: at(0.99) }
  }
}
