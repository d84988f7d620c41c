/** A meter for Prometheus: what it is told often it only counts, and families take that over when they are asked. */
import type { Meter, Tally } from '../core/meter.js'
import type { Families } from './families.js'
import { Pairs } from './pairs.js'

/** The label for channels that no rule fits. */
const ruleLabel = (rule: string | undefined) => rule ?? ''

export class PrometheusMeter implements Meter {
  readonly #families: Families
  readonly #tallies = new Pairs<Tally>(() => ({ slices: 0, messages: 0, bytes: 0 }))
  readonly #connections = new Pairs<{ opened: number; now: number }>(() => ({ opened: 0, now: 0 }))
  readonly #readings = new Pairs<{ now: number }>(() => ({ now: 0 }))
  readonly #outcomes = new Pairs(() => ({ count: 0 }))
  #storeUp = true

  constructor(families: Families) {
    this.#families = families
  }

  tally = (transport: string, rule: string | undefined): Tally => this.#tallies.of(transport, rule)

  opened = (transport: string): void => {
    const count = this.#connections.of(transport)
    count.opened++
    count.now++
  }

  closed: Meter['closed'] = (transport, code) => {
    this.#connections.of(transport).now--
    this.#families.closed.inc({ transport, code: code ?? '' })
  }

  joined: Meter['joined'] = (transport, rule) => {
    this.#readings.of(transport, rule).now++
  }

  left: Meter['left'] = (transport, rule) => {
    this.#readings.of(transport, rule).now--
  }

  resumed: Meter['resumed'] = (transport, result) => {
    this.#families.resumes.inc({ transport, result: result === 'whole' ? 'caught_up' : result })
  }

  gap: Meter['gap'] = (transport, reason) => this.#families.gaps.inc({ transport, reason })

  delayed: Meter['delayed'] = (transport, ms) => this.#families.deliverySeconds.of(transport).observe(ms / 1_000)

  published: Meter['published'] = (rule, outcome, ms) => {
    this.#outcomes.of(ruleLabel(rule), outcome).count++
    this.#families.publishSeconds.of(ruleLabel(rule)).observe(ms / 1_000)
  }

  asked: Meter['asked'] = (op, answered, ms) => {
    this.#storeUp = answered
    if (!answered) this.#families.storeFailures.inc({ op })
    this.#families.storeSeconds.of(op).observe(ms / 1_000)
  }

  wakeUpLost = (): void => this.#families.wakeUpsLost.inc()

  refused: Meter['refused'] = (code) => {
    this.#families.refused.inc({ code })
    if (code === 'unauthorized' || code === 'forbidden') this.#families.authFailures.inc({ reason: code })
  }

  dismissed: Meter['dismissed'] = (reason, connections) => this.#families.dismissed.inc({ reason }, connections)

  /** Brings the families up to date. */
  takeOver(): void {
    const { deliveries, slices, bytes, connections, opened, subscriptions, publishes, storeUp } = this.#families
    for (const family of [deliveries, slices, bytes, connections, opened, subscriptions, publishes]) family.reset()
    storeUp.set(this.#storeUp ? 1 : 0)
    for (const [rule, outcome = '', { count }] of this.#outcomes.entries()) publishes.inc({ rule, outcome }, count)
    for (const [transport, pattern, tally] of this.#tallies.entries()) {
      const labels = { transport, rule: ruleLabel(pattern) }
      deliveries.inc(labels, tally.messages)
      slices.inc(labels, tally.slices)
      bytes.inc(labels, tally.bytes)
    }
    for (const [transport, , count] of this.#connections.entries()) {
      connections.set({ transport }, count.now)
      opened.inc({ transport }, count.opened)
    }
    for (const [transport, pattern, count] of this.#readings.entries())
      subscriptions.set({ transport, rule: ruleLabel(pattern) }, count.now)
  }
}
