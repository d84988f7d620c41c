/** Keeps all logs together under `maxBytes`: the log unused longest gives first. */
import type { Log } from './memory-log.js'

export class Budget {
  readonly #maxBytes: number
  readonly #evict: (log: Log) => void
  readonly #evictable = new IdleOrder()
  readonly #lasting = new IdleOrder()
  #total = 0

  /** `evict` drops a log whole; it must call `drop`. */
  constructor(maxBytes: number, evict: (log: Log) => void) {
    this.#maxBytes = maxBytes
    this.#evict = evict
  }

  /** The log was appended to or read. */
  used(log: Log): void {
    this.#orderOf(log).toNewest(log)
  }

  /** Takes notice of what the log holds now. */
  count(log: Log): void {
    this.#total += log.weight - log.counted
    log.counted = log.weight
  }

  drop(log: Log): void {
    this.#total -= log.counted
    log.counted = 0
    this.#orderOf(log).remove(log)
  }

  /**
   * Counts what the log holds now and, above the limit, makes room: first this log gives what it holds beyond the limit by itself;
   * then evictable logs go whole, then lasting ones are trimmed, each unused longest first; then this log again.
   */
  settle(log: Log): void {
    this.count(log)
    if (!this.#over) return
    this.#trim(log, 1, () => log.weight > this.#maxBytes)
    this.#take(this.#evictable, log, (idle) => this.#evict(idle))
    this.#take(this.#lasting, log, (idle) => this.#trim(idle, 0, () => this.#over))
    this.#trim(log, 1, () => this.#over)
  }

  // What has nothing more to give leaves the order until it is used again.
  #take(order: IdleOrder, spared: Log, take: (log: Log) => void): void {
    for (let idle = order.oldest; idle && this.#over; ) {
      const { newer } = idle
      if (idle !== spared) take(idle)
      if (idle !== spared && idle.messages.length === 0) order.remove(idle)
      idle = newer
    }
  }

  get #over(): boolean {
    return this.#total > this.#maxBytes
  }

  #trim(log: Log, least: number, tooMuch: () => boolean): void {
    while (log.messages.length > least && tooMuch()) {
      log.trim()
      this.count(log)
    }
  }

  #orderOf(log: Log): IdleOrder {
    return log.config.evictable ? this.#evictable : this.#lasting
  }
}

/** Logs in order of last use: a list linked through the logs themselves, so that using one costs next to nothing. */
class IdleOrder {
  oldest: Log | undefined
  #newest: Log | undefined

  toNewest(log: Log): void {
    if (this.#newest === log) return
    this.remove(log)
    log.older = this.#newest
    if (this.#newest) this.#newest.newer = log
    else this.oldest = log
    this.#newest = log
  }

  remove(log: Log): void {
    if (log.older) log.older.newer = log.newer
    else if (this.oldest === log) this.oldest = log.newer
    if (log.newer) log.newer.older = log.older
    else if (this.#newest === log) this.#newest = log.older
    log.older = undefined
    log.newer = undefined
  }
}
