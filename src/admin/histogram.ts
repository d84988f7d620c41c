/** A histogram that costs little to tell: numbers are counted here, and spelt for `prom-client` when it asks. */
import type { MetricValueWithName } from 'prom-client'
import { Pairs } from './pairs.js'

/** Observations with the same labels. */
export class Observed {
  readonly bounds: readonly number[]
  /** How many are at most each bound, and not below the one before it; at the end those above all. */
  readonly counts: number[]
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  observe(value: number): void {
    const { bounds, counts } = this
    let at = 0
    while (at < bounds.length && value > (bounds[at] ?? 0)) at++
    counts[at] = (counts[at] ?? 0) + 1
    this.sum += value
  }
}

export interface HistogramFacts {
  readonly name: string
  readonly help: string
  readonly label: string
  readonly bounds: readonly number[]
}

export class LabelledHistogram {
  readonly #facts: HistogramFacts
  readonly #rows: Pairs<Observed>

  constructor(facts: HistogramFacts) {
    this.#facts = facts
    this.#rows = new Pairs(() => new Observed(facts.bounds))
  }

  get name(): string {
    return this.#facts.name
  }

  of(label: string): Observed {
    return this.#rows.of(label)
  }

  /** As a metric of `prom-client` answers. */
  async get() {
    const { name, help, label } = this.#facts
    const values = [...this.#rows.entries()].flatMap(([text, , observed]) => spell(name, { [label]: text }, observed))
    return { name, help, type: 'histogram', aggregator: 'sum', values }
  }
}

type Labels = Record<string, string>

function spell(name: string, labels: Labels, { bounds, counts, sum }: Observed): MetricValueWithName<string>[] {
  let below = 0
  const buckets = counts.map((count, at) => {
    below += count
    return { metricName: `${name}_bucket`, labels: { le: String(bounds[at] ?? '+Inf'), ...labels }, value: below }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: below },
  ]
}
