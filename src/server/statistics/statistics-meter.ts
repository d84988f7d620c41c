/** Counts what statistics tell by transport, and passes everything on to the meter that the hub was given. */
import { type Meter, noMeter, type Tally } from '../../core/meter.js'
import { Delays } from './delays.js'

/** What is counted of one transport, since the hub began. */
export class TransportCounts {
  connections = 0
  readonly delays = new Delays()
  readonly #own: Tally = { slices: 0, messages: 0, bytes: 0 }
  readonly #tallies = new Set<Tally>()

  /** The counters for its readers: those of the other meter, if there is one. */
  count(given: Tally = this.#own): Tally {
    this.#tallies.add(given)
    return given
  }

  get total(): Tally {
    const total = { slices: 0, messages: 0, bytes: 0 }
    for (const { slices, messages, bytes } of this.#tallies) {
      total.slices += slices
      total.messages += messages
      total.bytes += bytes
    }
    return total
  }
}

export class StatisticsMeter implements Meter {
  readonly transports = new Map<string, TransportCounts>()
  gaps = 0
  resumes = 0
  refusals = 0
  storeFailures = 0
  storeUp = true
  readonly #next: Meter

  constructor(next: Meter) {
    this.#next = next
  }

  tally: Meter['tally'] = (transport, rule) => {
    const given = this.#next === noMeter ? undefined : this.#next.tally(transport, rule)
    return this.#of(transport).count(given)
  }

  opened: Meter['opened'] = (transport) => {
    this.#of(transport).connections++
    this.#next.opened(transport)
  }

  closed: Meter['closed'] = (transport, code) => {
    this.#of(transport).connections--
    this.#next.closed(transport, code)
  }

  joined: Meter['joined'] = (transport, rule) => this.#next.joined(transport, rule)

  left: Meter['left'] = (transport, rule) => this.#next.left(transport, rule)

  resumed: Meter['resumed'] = (transport, result) => {
    this.resumes++
    this.#next.resumed(transport, result)
  }

  gap: Meter['gap'] = (transport, reason) => {
    this.gaps++
    this.#next.gap(transport, reason)
  }

  delayed: Meter['delayed'] = (transport, ms) => {
    this.#of(transport).delays.add(ms)
    this.#next.delayed(transport, ms)
  }

  published: Meter['published'] = (...told) => this.#next.published(...told)

  asked: Meter['asked'] = (call, answered, ms) => {
    this.storeUp = answered
    if (!answered) this.storeFailures++
    this.#next.asked(call, answered, ms)
  }

  wakeUpLost = (): void => this.#next.wakeUpLost()

  refused: Meter['refused'] = (code) => {
    this.refusals++
    this.#next.refused(code)
  }

  dismissed: Meter['dismissed'] = (...told) => this.#next.dismissed(...told)

  #of(transport: string): TransportCounts {
    const known = this.transports.get(transport)
    if (known) return known
    const made = new TransportCounts()
    this.transports.set(transport, made)
    return made
  }
}
