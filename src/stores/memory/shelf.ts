/** All logs of the memory store: which there are, those that went, and what time and the budget do to them. */
import { getHeapStatistics } from 'node:v8'
import type { ChannelConfig } from '../../core/store.js'
import type { ChannelName } from '../../protocol/name.js'
import { mintWhen, type Vacant } from '../rules/append.js'
import { hasExpired, isMortal, type Origin } from '../rules/config.js'
import { Budget } from './budget.js'
import { Lineage } from './fork.js'
import { Log } from './log.js'
import type { MemoryOptions } from './options.js'
import { birthAt, type Tombstone, Tombstones } from './tombstones.js'
import { overheadOf } from './weight.js'

const sweepMs = 1_000
/** Logs looked at in one turn. */
const sweptAtOnce = 1_000

export class Shelf {
  readonly tombstones: Tombstones
  readonly lineage = new Lineage()
  readonly budget: Budget
  readonly #now: () => number
  readonly #random: () => number
  readonly #maxChannels: number
  /** Hears of logs that changed other than by growth. */
  readonly #changed: (channel: ChannelName) => void
  readonly #logs = new Map<ChannelName, Log>()
  /** Logs that time alone can change, and the timer that looks after them while there are any. */
  readonly #mortal = new Set<Log>()
  #sweeper: NodeJS.Timeout | undefined

  constructor(options: MemoryOptions, changed: (channel: ChannelName) => void) {
    const { now = Date.now, random = Math.random, maxChannels = 100_000, maxTombstones = 100_000 } = options
    const { maxBytes = Math.floor(getHeapStatistics().heap_size_limit / 4) } = options
    this.#now = now
    this.#random = random
    this.#maxChannels = maxChannels
    this.#changed = changed
    this.tombstones = new Tombstones(mintWhen(now(), 0, this.step()), () => this.step(), {
      count: maxTombstones,
      bytes: maxBytes / 8,
    })
    this.budget = new Budget({
      maxBytes,
      evict: (log) => this.#evict(log),
      beside: () => this.tombstones.weight,
    })
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#now()
  }

  /**
   * How far a *when* is set beyond the previous one, in microseconds: 1 to 1,000, so that no other log mints the same.
   */
  step(): number {
    return 1 + Math.floor(this.#random() * 1_000)
  }

  /** The log as it is at this moment: nothing that has expired is ever seen. */
  find(channel: ChannelName, now: number): Log | undefined {
    const log = this.#logs.get(channel)
    return log && isMortal(log.config) ? this.#age(log, now) : log
  }

  /** What is known of a name that holds no log. */
  vacant(channel: ChannelName): Vacant {
    const { floor: head, closed } = this.tombstones.of(channel)
    return { exists: false, gone: this.lineage.isGone(channel), head, closed }
  }

  /** Why one more channel cannot be taken; undefined if it can. */
  noRoom(channel: ChannelName, config: ChannelConfig): string | undefined {
    if (this.#logs.size >= this.#maxChannels) this.budget.evictEmpty()
    if (this.#logs.size >= this.#maxChannels) {
      return `There are ${this.#maxChannels} channels: delete some, or raise "maxChannels".`
    }
    return this.budget.refusal(overheadOf(channel, config), config.evictable)
  }

  open(
    channel: ChannelName,
    config: ChannelConfig,
    now: number,
    past: Tombstone = this.tombstones.of(channel),
    origin?: Origin,
  ): Log {
    const log = new Log(channel, config, past, now, origin)
    this.#logs.set(channel, log)
    this.tombstones.clear(channel)
    this.lineage.remove(channel)
    this.budget.add(log)
    this.watch(log)
    return log
  }

  /** Looks after a log that time can change, from its creation or from another policy on. */
  watch(log: Log): void {
    if (!isMortal(log.config)) return void this.#mortal.delete(log)
    this.#mortal.add(log)
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepMs).unref()
  }

  use(log: Log, now: number): void {
    log.usedAt = now
    this.budget.used(log)
  }

  /** With `keepName` the name is `gone` while it has forks. */
  delete(log: Log, now: number, keepName = false): void {
    this.#drop(log, birthAt(mintWhen(now, log.micros, this.step())), keepName)
  }

  clear(): void {
    clearInterval(this.#sweeper)
    this.budget.close()
    this.#mortal.clear()
    this.#logs.clear()
  }

  #evict(log: Log): void {
    const { birth, head: floor, micros, closed } = log
    this.#drop(log, { birth, floor, micros, closed })
  }

  #drop(log: Log, tombstone: Tombstone, keepName = false): void {
    this.#logs.delete(log.channel)
    this.#mortal.delete(log)
    this.budget.drop(log)
    this.tombstones.set(log.channel, tombstone)
    this.lineage.remove(log.channel, keepName)
    this.#changed(log.channel)
  }

  #age(log: Log, now: number): Log | undefined {
    if (hasExpired(log.config, log.usedAt, now)) {
      this.delete(log, now)
      return undefined
    }
    log.retainByAge(now)
    return log
  }

  /** Looks after so many logs, and after those that are left in the next turn. */
  #sweep(logs = this.#mortal.values()): void {
    const now = this.#now()
    for (let left = sweptAtOnce; left > 0; left--) {
      const { value: log } = logs.next()
      if (!log) return this.#rest()
      if (this.#age(log, now)) this.budget.count(log)
    }
    setImmediate(() => this.#sweep(logs)).unref()
  }

  #rest(): void {
    if (this.#mortal.size > 0) return
    clearInterval(this.#sweeper)
    this.#sweeper = undefined
  }
}
