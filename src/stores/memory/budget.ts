/** Keeps all logs together under `maxBytes`: who holds more than an equal share gives first. */
import { Chain } from '../../core/chain.js'
import type { Log } from './log.js'

/** Logs dropped and messages trimmed by one append. What is over after that goes in slices between other work. */
const stepsAtOnce = 256
const stepsInSlice = 1_000
/** Logs looked at for one that holds nothing. */
const looks = 16

export interface BudgetOptions {
  readonly maxBytes: number
  /** Drops a log whole; it must call `drop`. */
  readonly evict: (log: Log) => void
  /** What else is kept, in bytes: tombstones. */
  readonly beside: () => number
}

export class Budget {
  readonly #options: BudgetOptions
  /** In order of last use. */
  readonly #evictable = new Chain<Log>()
  readonly #lasting = new Chain<Log>()
  #total = 0
  #logs = 0
  /** Of `#total`, what lasting logs cannot give back. */
  #pinned = 0
  #slice: NodeJS.Immediate | undefined

  constructor(options: BudgetOptions) {
    this.#options = options
  }

  /** The log was appended to or read. */
  used(log: Log): void {
    this.#orderOf(log).add(log)
  }

  add(log: Log): void {
    this.#logs++
    this.count(log)
  }

  drop(log: Log): void {
    this.#logs--
    this.#total -= log.counted
    if (!log.config.evictable) this.#pinned -= log.countedPinned
    log.dropped = true
    this.#orderOf(log).remove(log)
  }

  /**
   * Why so much more cannot be taken that nobody could give back: the overhead of a new log, or messages kept for their
   * keys. Half of `maxBytes` is for it, so that what can be trimmed always has room. Evictable logs go whole, so each
   * has that half for itself.
   */
  refusal(more: number, evictable: boolean, log?: Log): string | undefined {
    const pinned = (evictable ? (log?.pinned ?? 0) : this.#pinned) + more
    const most = this.#options.maxBytes / 2
    if (more <= 0 || pinned <= most) return undefined
    const what = evictable ? 'The keys of one channel' : 'Lasting channels and their keys'
    return `${what} may take ${most} bytes, half of "maxBytes": delete some, or raise it.`
  }

  /** Evicts an evictable log that holds nothing, of those unused longest: nobody loses anything. */
  evictEmpty(): void {
    let log = this.#evictable.oldest
    for (let left = looks; log && left > 0; left--, log = log.newer) if (log.empty) return this.#options.evict(log)
  }

  /**
   * Counts what the log holds now and, above the limit, makes room. A log that holds more than an equal share gives of
   * its own. For one that holds less, evictable logs go whole, then lasting ones are trimmed to that share, each unused
   * longest first. What is left to be done, the log itself does.
   */
  settle(log: Log): void {
    this.count(log)
    if (!this.#over) return
    this.#makeRoom(log, stepsAtOnce)
    if (this.#over) this.#goOn(log)
  }

  close(): void {
    clearImmediate(this.#slice)
  }

  #goOn(log: Log): void {
    this.#slice ??= setImmediate(() => {
      this.#slice = undefined
      if (!this.#over) return
      const before = this.#total
      this.#makeRoom(log, stepsInSlice)
      if (this.#over && this.#total < before) this.#goOn(log)
    })
  }

  #makeRoom(log: Log, steps: number): void {
    let left = this.#trim(log, 1, this.#share, steps)
    for (let idle = this.#evictable.oldest; idle && left > 0 && this.#over; left--) {
      const { newer } = idle
      if (idle !== log) this.#options.evict(idle)
      idle = newer
    }
    // One that has nothing more to give leaves the order until it is used again.
    for (let idle = this.#lasting.oldest; idle && left > 0 && this.#over; left--) {
      const { newer } = idle
      if (idle !== log) left = this.#trim(idle, 0, this.#share, left)
      if (idle !== log && this.#over && left > 0) this.#lasting.remove(idle)
      idle = newer
    }
    this.#trim(log, 1, 0, left)
  }

  /** Lets a log give while there is too much, down to so many bytes. Answers how many steps are left. */
  #trim(log: Log, least: number, bytes: number, steps: number): number {
    if (log.dropped) return steps
    let left = steps
    while (left > 0 && this.#over && log.weight > bytes && log.give(least)) {
      this.count(log)
      left--
    }
    return left
  }

  /** Takes notice of what the log holds now. */
  count(log: Log): void {
    const { weight, pinned } = log
    this.#total += weight - log.counted
    if (!log.config.evictable) this.#pinned += pinned - log.countedPinned
    log.counted = weight
    log.countedPinned = pinned
  }

  get #share(): number {
    return this.#options.maxBytes / this.#logs
  }

  get #over(): boolean {
    return this.#total + this.#options.beside() > this.#options.maxBytes
  }

  #orderOf(log: Log): Chain<Log> {
    return log.config.evictable ? this.#evictable : this.#lasting
  }
}
