/** The push delays of a lane: median, p99, and a histogram of the newest thousand. */
const kept = 1_000
/** Two bars for each doubling. */
const perDoubling = 2
export const firstBarMs = 0.25
export const bars = 32

/** The bar of a delay; the last one is for all that is longer. */
const barOf = (ms: number) =>
  Math.min(bars - 1, Math.max(0, Math.ceil(Math.log2(Math.max(ms, firstBarMs) / firstBarMs) * perDoubling)))

/** Of an even number the lower one; undefined of none. */
export const median = (values: readonly number[]): number | undefined =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]

export class Delays {
  readonly #newest: number[] = []
  readonly histogram = new Uint32Array(bars)

  add(ms: number): void {
    this.#newest.push(ms)
    this.histogram[barOf(ms)]!++
    const oldest = this.#newest.length > kept ? this.#newest.shift() : undefined
    if (oldest !== undefined) this.histogram[barOf(oldest)]!--
  }

  /** Milliseconds that so large a share of the messages did not take; undefined before the first. */
  quantile(share: number): number | undefined {
    const sorted = this.#newest.toSorted((a, b) => a - b)
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  }
}
