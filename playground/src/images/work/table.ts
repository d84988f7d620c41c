/** Sorts a table by its amounts, and says for each town how much there is, what lies in the middle, and what is greatest. */
import type { Progress } from './picture.js'
import { type Rows, towns } from './rows.js'

export interface Group {
  readonly town: string
  readonly count: number
  readonly sum: number
  readonly median: number
  readonly most: number
}

/** The greatest sum first. */
export function table({ town, amount }: Rows, progress: Progress): readonly Group[] {
  const order = sortedBy(amount, (done) => progress(done * 0.9))
  const amounts = towns.map((): number[] => [])
  for (const row of order) amounts[town[row]!]!.push(amount[row]!)
  progress(1)
  return amounts
    .map((sorted, i) => groupOf(towns[i]!, sorted))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.sum - a.sum)
}

function groupOf(town: string, sorted: readonly number[]): Group {
  const count = sorted.length
  const sum = Math.round(sorted.reduce((total, amount) => total + amount, 0) * 100) / 100
  return { town, count, sum, median: sorted[Math.floor((count - 1) / 2)] ?? 0, most: sorted[count - 1] ?? 0 }
}

/** The rows in the order of their values, equal ones as they were: runs of one, two, four … rows are merged. */
export function sortedBy(values: Float64Array, progress: Progress): Uint32Array {
  let from = Uint32Array.from(values, (_, row) => row)
  let to = new Uint32Array(from.length)
  const rounds = Math.max(1, Math.ceil(Math.log2(from.length)))
  for (let run = 1, round = 0; run < from.length; run *= 2, round++) {
    for (let start = 0; start < from.length; start += 2 * run) merge(values, from, to, start, run)
    ;[from, to] = [to, from]
    progress((round + 1) / rounds)
  }
  return from
}

function merge(values: Float64Array, from: Uint32Array, to: Uint32Array, start: number, run: number): void {
  const middle = Math.min(start + run, from.length)
  const end = Math.min(start + 2 * run, from.length)
  let [left, right] = [start, middle]
  for (let at = start; at < end; at++) {
    const takeLeft = left < middle && (right >= end || values[from[left]!]! <= values[from[right]!]!)
    to[at] = takeLeft ? from[left++]! : from[right++]!
  }
}
