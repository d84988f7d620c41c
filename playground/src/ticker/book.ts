/** The newest of every instrument, as the page holds it: columns of numbers, written a frame at a time. */
import type { Frame } from './rows.js'

const most = 1000
/** Values of a sparkline, and how often one is taken. */
export const courseRoom = 60
const courseMs = 500

export interface Rates {
  /** Updates a second that the market makes, and that reach this page. */
  readonly market: number
  readonly page: number
}

export class Book {
  /** In the order of the alphabet. */
  symbols: readonly string[] = []
  readonly prices = new Float64Array(most)
  readonly changes = new Float32Array(most)
  readonly averages = new Float32Array(most)
  readonly strengths = new Float32Array(most)
  rates: Rates = { market: 0, page: 0 }
  readonly #courses: Float64Array[] = []
  /** Our row of each of the worker's. A worker that begins anew counts anew. */
  #rowOf: number[] = []
  #ids = new Map<string, number>()
  #taken = 0
  #messages = 0
  #number = 0
  #counted = { at: performance.now(), messages: 0, number: 0 }

  take({ symbols, rows, prices, changes, averages, strengths, messages, number }: Frame): void {
    if (symbols) this.#learn(symbols)
    for (let i = 0; i < rows.length; i++) {
      const row = this.#rowOf[rows[i]!]!
      this.prices[row] = prices[i]!
      this.changes[row] = changes[i]!
      this.averages[row] = averages[i]!
      this.strengths[row] = strengths[i]!
    }
    this.#messages += messages
    this.#number = number
    this.#sample()
  }

  /** The row of an instrument, by which the columns are asked. */
  rowOf(symbol: string): number | undefined {
    return this.#ids.get(symbol)
  }

  /** Its prices of the last half minute. */
  course(row: number): Float64Array {
    return this.#courses[row]?.subarray(-Math.min(this.#taken, courseRoom)) ?? new Float64Array()
  }

  /** Counts what came since the last time. */
  count(): void {
    const now = performance.now()
    const { at, messages, number } = this.#counted
    // A market that has begun anew counts from the beginning.
    const perSecond = (count: number) => Math.max(0, Math.round((count * 1000) / (now - at)))
    this.rates = { page: perSecond(this.#messages - messages), market: number ? perSecond(this.#number - number) : 0 }
    this.#counted = { at: now, messages: this.#messages, number: this.#number }
  }

  #learn(symbols: readonly string[]): void {
    this.#rowOf = symbols.map((symbol) => {
      const row = this.#ids.get(symbol) ?? this.#ids.size
      this.#ids.set(symbol, row)
      this.#courses[row] ??= new Float64Array(courseRoom)
      return row
    })
    this.symbols = [...this.#ids.keys()].sort()
  }

  #sampledAt = 0
  #sample(): void {
    if (performance.now() - this.#sampledAt < courseMs) return
    this.#sampledAt = performance.now()
    this.#taken++
    for (const [row, course] of this.#courses.entries()) {
      course.copyWithin(0, 1)
      course[courseRoom - 1] = this.prices[row]!
    }
  }
}
