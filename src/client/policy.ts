/** Policy: which transports to try, how long to wait, when to give one up and when to try a better one again. Holds no connection. */
import type { AnywireError } from '../protocol/error.js'
import { type Transport, transports } from './link.js'
import { type Times, usualTimes } from './times.js'

/** What was learnt of a server's way: until when a transport is not the first choice, in milliseconds since 1970, and how often it was demoted in a row. */
export type Memory = Partial<Record<Transport, { readonly until: number; readonly times: number }>>

export interface PolicyOptions {
  /** Transports that may be used at all. */
  readonly transports: readonly Transport[]
  readonly memory?: Memory | undefined
  readonly times?: Pick<Times, 'demotedMs'> | undefined
  /** Something was learnt. */
  readonly learnt?: ((memory: Memory) => void) | undefined
}

/** A transport that lived for less is said to have died young. */
const youngMs = 10_000
/** Deaths in youth, one after another, that demote a transport. */
const deaths = 2
const mostDemotedMs = 3_600_000
const firstWaitMs = 40
/** Each wait may be so much longer than the one before: in all, about a third of the time that the server has been away. */
const growth = 1.15
const mostWaitMs = 20_000
/** So much growth at once doubles a wait. */
const slowly = 5
const mostPatience = 4

export class Policy {
  readonly #allowed: readonly Transport[]
  readonly #demotedMs: number
  readonly #learnt: PolicyOptions['learnt']
  readonly #young: Partial<Record<Transport, number>> = {}
  #memory: Memory
  #failures = 0

  constructor({ transports: allowed, memory = {}, times = usualTimes, learnt }: PolicyOptions) {
    this.#allowed = transports.filter((transport) => allowed.includes(transport))
    this.#demotedMs = times.demotedMs
    this.#memory = memory
    this.#learnt = learnt
  }

  /** In the order in which to try: best first, demoted ones last. */
  order(): Transport[] {
    return [...this.#allowed].sort((one, other) => Number(this.isDemoted(one)) - Number(this.isDemoted(other)))
  }

  /** Those that would be better than the one in use, and may be tried now. */
  #betterThan(transport: Transport): Transport[] {
    return this.#allowed.slice(0, this.#allowed.indexOf(transport)).filter((better) => !this.isDemoted(better))
  }

  /** The best of those that would be better than the one in use, and may be tried now. */
  better(than: Transport): Transport | undefined {
    return this.#betterThan(than)[0]
  }

  isDemoted(transport: Transport): boolean {
    return (this.#memory[transport]?.until ?? 0) > Date.now()
  }

  /** Not the first choice for a while; longer each time. */
  demote(transport: Transport): void {
    const times = (this.#memory[transport]?.times ?? 0) + 1
    const until = Date.now() + Math.min(this.#demotedMs * 4 ** (times - 1), mostDemotedMs)
    this.#learn({ ...this.#memory, [transport]: { until, times } })
  }

  /**
   * It was proven first: better ones have failed or are not there yet, and have something against them, of which a page that is left soon leaves
   * word to the next. One that comes after all is forgiven. Where none is proven, the way itself is cut.
   */
  won(transport: Transport): void {
    this.#forgive(transport)
    for (const better of this.#betterThan(transport)) this.demote(better)
  }

  /** A link was lost after `livedMs`. One that keeps dying young is demoted: answers whether it was. */
  lost(transport: Transport, livedMs: number): boolean {
    if (livedMs >= youngMs) this.lived(transport)
    const young = livedMs < youngMs ? (this.#young[transport] ?? 0) + 1 : 0
    const demoted = young >= deaths
    this.#young[transport] = demoted ? 0 : young
    if (demoted) this.demote(transport)
    return demoted
  }

  /** It has lived: what was held against it is forgotten, and the next attempt is a first one. */
  lived(transport: Transport): void {
    this.#failures = 0
    this.#young[transport] = 0
    this.#forgive(transport)
  }

  /** How many times the usual time an attempt is given. */
  get patience(): number {
    return Math.min(growth ** this.#failures, mostPatience)
  }

  /**
   * Milliseconds to wait before the next attempt, with full jitter; what the server said goes before. A server that is away refuses at
   * once; one that does not answer in time may have too much to do, and is left alone for longer.
   */
  wait({ code, details }: AnywireError): number {
    const most = Math.min(firstWaitMs * growth ** this.#failures, mostWaitMs)
    this.#failures += code === 'timeout' ? slowly : 1
    return details.retryMs ?? Math.random() * most
  }

  #forgive(transport: Transport): void {
    const { [transport]: held, ...others } = this.#memory
    if (held) this.#learn(others)
  }

  #learn(memory: Memory): void {
    this.#memory = memory
    this.#learnt?.(memory)
  }
}
