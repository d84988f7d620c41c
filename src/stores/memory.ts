/** The store in memory: logs live as long as the process. The readable reference for other stores. */
import { getHeapStatistics } from 'node:v8'
import { limitDefaults } from '../core/limits.js'
import { aCount, aFunction, checkShape, type Shape } from '../core/shape.js'
import type {
  AppendOptions,
  AppendResult,
  ChannelConfig,
  ChannelInfo,
  CreateOptions,
  CreateResult,
  DeleteOptions,
  Limit,
  NewMessage,
  ReadResult,
  Store,
  Wake,
} from '../core/store.js'
import { mediaType } from '../protocol/message.js'
import type { ChannelName } from '../protocol/name.js'
import type { Offset, Position } from '../protocol/offset.js'
import { Budget } from './memory-budget.js'
import { refusal } from './memory-check.js'
import { copyCut, cutAt, forkConfig, Lineage } from './memory-fork.js'
import { Log, type Origin, overheadOf } from './memory-log.js'
import { emptyLog, type Kept, readLog, snapshotLog } from './memory-read.js'
import { birthAt, type Tombstone, Tombstones } from './memory-tombstones.js'

export interface MemoryOptions {
  /**
   * Bytes that all channels together may take. Beside the payload and all names, a message counts 256 B, a producer 192
   * B, a channel 1 KiB. Above it, a channel that holds more than an equal share (`maxBytes` / channels) gives its own
   * oldest messages. For one that holds less, on-use channels unused longest are evicted, then others are trimmed to
   * that share. Their readers get a gap. What cannot be given back (channels made by PUT, messages kept for their keys)
   * may take half. More is refused.
   * @default a quarter of Node's heap limit
   */
  readonly maxBytes?: number | undefined
  /**
   * Channels in all. One more replaces an on-use channel that holds nothing, or is refused.
   * @default 100_000
   * @unit channels
   */
  readonly maxChannels?: number | undefined
  /** The time in milliseconds since 1970. For tests. @default Date.now */
  readonly now?: (() => number) | undefined
  /** A number from 0 up to, but not including, 1. For tests. @default Math.random */
  readonly random?: (() => number) | undefined
  /**
   * Names of deleted and evicted channels that are remembered, so that old positions in them are recognised. They take
   * an eighth of `maxBytes` at most.
   * @default 100_000
   * @unit names
   */
  readonly maxTombstones?: number | undefined
}

const sweepMs = 1_000
/** Logs looked at in one turn. */
const sweptAtOnce = 1_000

const count = ['a whole number from 1', (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 1] as const
const shape: Shape<MemoryOptions> = {
  maxBytes: ['a number of bytes above 0', (value) => typeof value === 'number' && value > 0],
  maxChannels: count,
  maxTombstones: aCount,
  now: aFunction,
  random: aFunction,
}

/** @throws AnywireError `bad-request` for an option that is unknown or cannot be. */
export function memory(options: MemoryOptions = {}): Store {
  checkShape<MemoryOptions>('memory()', options, shape)
  return new MemoryStore(options)
}

class MemoryStore implements Store {
  readonly capabilities = { acknowledged: 'memory' } as const
  readonly #now: () => number
  readonly #random: () => number
  readonly #logs = new Map<ChannelName, Log>()
  readonly #tombstones: Tombstones
  readonly #lineage = new Lineage()
  readonly #budget: Budget
  readonly #maxChannels: number
  readonly #followed = new Set<ChannelName>()
  /** Logs that time alone can change, and the timer that looks after them while there are any. */
  readonly #mortal = new Set<Log>()
  #sweeper: NodeJS.Timeout | undefined
  #listener: ((wake: Wake) => void) | undefined

  constructor(options: MemoryOptions) {
    const { now = Date.now, random = Math.random, maxChannels = 100_000, maxTombstones = 100_000 } = options
    const { maxBytes = Math.floor(getHeapStatistics().heap_size_limit / 4) } = options
    this.#now = now
    this.#random = random
    this.#maxChannels = maxChannels
    this.#tombstones = new Tombstones(Math.floor(now() * 1_000) + this.#step(), () => this.#step(), {
      count: maxTombstones,
      bytes: maxBytes / 8,
    })
    this.#budget = new Budget({
      maxBytes,
      evict: (log) => this.#evict(log),
      beside: () => this.#tombstones.weight,
    })
  }

  // ── publishing ──────────────────────────────────────────────────────────────────────────────────────────────────

  async append(
    channel: ChannelName,
    messages: readonly NewMessage[],
    options: AppendOptions = {},
  ): Promise<AppendResult> {
    const now = this.#now()
    const log = this.#find(channel, now)
    const revived = options.revive && options.create !== undefined
    if (!log && !revived && this.#lineage.isGone(channel)) return { kind: 'gone' }
    const target = log ?? this.#unborn(channel, options.create)
    if (!target) return { kind: 'missing' }
    const refused = refusal(target, messages.length, options)
    if (refused) return refused
    const { head, closed } = target
    if ((messages.length === 0 && !options.close) || (log && closed)) {
      return { kind: 'appended', first: head, next: head, closed }
    }
    const why = log
      ? this.#budget.refusal(log.pinning(messages), log.config.evictable, log)
      : this.#noRoom(channel, options.create!)
    if (why) return { kind: 'full', why }
    return this.#commit(log ?? this.#open(channel, options.create!, now), messages, options, now)
  }

  /** Why one more channel cannot be taken. */
  #noRoom(channel: ChannelName, config: ChannelConfig): string | undefined {
    if (this.#logs.size >= this.#maxChannels) this.#budget.evictEmpty()
    if (this.#logs.size >= this.#maxChannels) {
      return `There are ${this.#maxChannels} channels: delete some, or raise "maxChannels".`
    }
    return this.#budget.refusal(overheadOf(channel, config), config.evictable)
  }

  /** The channel that an append would create. */
  #unborn(channel: ChannelName, config: ChannelConfig | undefined) {
    if (!config) return undefined
    const { floor: head, closed } = this.#tombstones.of(channel)
    const { contentType } = config
    return { head, closed, contentType, mediaType: mediaType(contentType), seq: undefined, producers: undefined }
  }

  #commit(log: Log, messages: readonly NewMessage[], options: AppendOptions, now: number): AppendResult {
    const { producer, seq, close, maxProducers = limitDefaults.producersPerChannel } = options
    const stored = log.append(messages, now, this.#step())
    if (producer) log.remember(producer, maxProducers)
    if (seq !== undefined) log.seq = seq
    if (close) log.closed = true
    log.retain(now)
    this.#use(log, now)
    this.#budget.settle(log)
    const { channel, head, closed } = log
    if (this.#followed.has(channel)) this.#listener?.({ kind: 'appended', channel, messages: stored, closed })
    return { kind: 'appended', first: stored[0]?.offset ?? head, next: head, closed }
  }

  /** How far a "when" is set beyond the previous one: 1 to 1000 µs, so that no other log mints the same. */
  #step(): number {
    return 1 + Math.floor(this.#random() * 1_000)
  }

  // ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

  async read(channel: ChannelName, position: Position, limit: Limit): Promise<ReadResult> {
    return this.#read(channel, (log) => readLog(log, position, limit), limit.renew)
  }

  async snapshot(
    channel: ChannelName,
    after: Offset | undefined,
    until: Offset | undefined,
    limit: Limit,
  ): Promise<ReadResult> {
    return this.#read(channel, (log) => snapshotLog(log, after, until, limit))
  }

  #read(channel: ChannelName, reading: (log: Kept) => ReadResult, renew = true): ReadResult {
    const now = this.#now()
    const log = this.#find(channel, now)
    if (!log) return this.#lineage.isGone(channel) ? { kind: 'gone' } : reading(emptyLog(this.#tombstones.of(channel)))
    if (renew) this.#use(log, now)
    return reading(log)
  }

  async position(channels: readonly ChannelName[]): Promise<readonly (ChannelInfo | 'gone')[]> {
    const now = this.#now()
    return channels.map((channel) => {
      const log = this.#find(channel, now)
      if (!log && this.#lineage.isGone(channel)) return 'gone'
      return (log ?? emptyLog(this.#tombstones.of(channel))).info
    })
  }

  async channels(prefix: string, limit: number): Promise<readonly ChannelName[]> {
    const now = this.#now()
    const found: ChannelName[] = []
    for (const channel of this.#logs.keys()) {
      if (found.length >= limit) break
      if (channel.startsWith(prefix) && this.#find(channel, now)) found.push(channel)
    }
    return found
  }

  touch(channel: ChannelName): void {
    const now = this.#now()
    const log = this.#find(channel, now)
    if (log) this.#use(log, now)
  }

  // ── waking ──────────────────────────────────────────────────────────────────────────────────────────────────────

  watch(listener: (wake: Wake) => void): void {
    this.#listener = listener
  }

  async follow(channel: ChannelName): Promise<void> {
    this.#followed.add(channel)
  }

  unfollow(channel: ChannelName): void {
    this.#followed.delete(channel)
  }

  #changed(channel: ChannelName): void {
    if (this.#followed.has(channel)) this.#listener?.({ kind: 'changed', channel })
  }

  // ── coming and going ────────────────────────────────────────────────────────────────────────────────────────────

  async create(channel: ChannelName, config: ChannelConfig, options: CreateOptions = {}): Promise<CreateResult> {
    const now = this.#now()
    const log = this.#find(channel, now)
    if (log) {
      const why = difference(log, config, options)
      return why ? { kind: 'conflict', why } : { kind: 'exists', info: log.info }
    }
    if (this.#lineage.isGone(channel)) {
      return {
        kind: 'conflict',
        why: `"${channel}" is deleted, and its name kept for its forks: delete it again to free it.`,
      }
    }
    const why = this.#noRoom(channel, config)
    if (why) return { kind: 'full', why }
    const made = options.fork ? this.#fork(channel, config, options, now) : this.#open(channel, config, now)
    if (!(made instanceof Log)) return made
    const { messages = [], closed: close } = options
    this.#commit(made, messages, { close }, now)
    if (options.fork) this.#changed(channel)
    return { kind: 'created', info: made.info }
  }

  #fork(channel: ChannelName, asked: ChannelConfig, { fork, named }: CreateOptions, now: number): Log | CreateResult {
    const { source: name } = fork!
    const source = this.#find(name, now)
    if (!source) return { kind: this.#lineage.isGone(name) ? 'fork-gone' : 'fork-missing' }
    const config = forkConfig(asked, source.config, named)
    if (mediaType(config.contentType) !== source.mediaType) {
      return { kind: 'conflict', why: `The source "${name}" holds ${source.contentType}, not ${config.contentType}.` }
    }
    const cut = cutAt(source, fork!)
    if (typeof cut === 'string') return { kind: 'fork-offset', why: cut }
    const micros = Math.max(source.micros, this.#tombstones.of(channel).micros)
    const { birth, floor } = source
    const origin = { ...fork!, resolved: cut.resolved }
    const log = this.#open(channel, config, now, { birth, floor, micros, closed: false }, origin)
    copyCut(log, source, cut, now, this.#step())
    this.#lineage.add(channel, name)
    return log
  }

  #open(
    channel: ChannelName,
    config: ChannelConfig,
    now: number,
    past = this.#tombstones.of(channel),
    origin?: Origin,
  ): Log {
    const log = new Log(channel, config, past, now, origin)
    this.#logs.set(channel, log)
    this.#tombstones.clear(channel)
    this.#lineage.remove(channel)
    this.#budget.add(log)
    if (log.mortal) this.#mortal.add(log)
    this.#sweeper ??= this.#mortal.size > 0 ? setInterval(() => this.#sweep(), sweepMs).unref() : undefined
    return log
  }

  async delete(channel: ChannelName, { keepName }: DeleteOptions = {}): Promise<'deleted' | 'missing' | 'gone'> {
    const now = this.#now()
    const log = this.#find(channel, now)
    if (log) this.#delete(log, now, keepName)
    if (log) return 'deleted'
    if (!this.#lineage.isGone(channel)) return 'missing'
    this.#lineage.remove(channel)
    return 'gone'
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper)
    this.#budget.close()
    this.#listener = undefined
    this.#followed.clear()
    this.#mortal.clear()
    this.#logs.clear()
  }

  #delete(log: Log, now: number, keepName = false): void {
    this.#drop(log, birthAt(Math.max(Math.floor(now * 1_000), log.micros) + this.#step()), keepName)
  }

  #evict(log: Log): void {
    const { birth, head: floor, micros, closed } = log
    this.#drop(log, { birth, floor, micros, closed })
  }

  #drop(log: Log, tombstone: Tombstone, keepName = false): void {
    this.#logs.delete(log.channel)
    this.#mortal.delete(log)
    this.#budget.drop(log)
    this.#tombstones.set(log.channel, tombstone)
    this.#lineage.remove(log.channel, keepName)
    this.#changed(log.channel)
  }

  // ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The log as it is at this moment: nothing that has expired is ever seen. */
  #find(channel: ChannelName, now: number): Log | undefined {
    const log = this.#logs.get(channel)
    return log?.mortal ? this.#age(log, now) : log
  }

  #age(log: Log, now: number): Log | undefined {
    if (log.expired(now)) {
      this.#delete(log, now)
      return undefined
    }
    log.retainByAge(now)
    return log
  }

  #use(log: Log, now: number): void {
    log.usedAt = now
    this.#budget.used(log)
  }

  /** Looks after so many logs, and after those that are left in the next turn. */
  #sweep(logs = this.#mortal.values()): void {
    const now = this.#now()
    for (let left = sweptAtOnce; left > 0; left--) {
      const { value: log } = logs.next()
      if (!log) return this.#rest()
      if (this.#age(log, now)) this.#budget.count(log)
    }
    setImmediate(() => this.#sweep(logs)).unref()
  }

  #rest(): void {
    if (this.#mortal.size > 0) return
    clearInterval(this.#sweeper)
    this.#sweeper = undefined
  }
}

/** In what an existing channel differs from the one asked for; undefined if in nothing. */
function difference(
  log: Log,
  asked: ChannelConfig,
  { closed = false, fork, named }: CreateOptions,
): string | undefined {
  const { config, origin } = log
  const inherits = fork !== undefined
  if ((!inherits || named?.contentType) && mediaType(asked.contentType) !== log.mediaType) {
    return `"${log.channel}" exists with the content type ${config.contentType}.`
  }
  const sameExpiry = asked.ttlSeconds === config.ttlSeconds && asked.expiresAt === config.expiresAt
  if ((!inherits || named?.expiry) && !sameExpiry) return `"${log.channel}" exists with another TTL or expiry.`
  if (closed !== log.closed) return `"${log.channel}" exists and is ${log.closed ? 'closed' : 'open'}.`
  const sameFork =
    fork?.source === origin?.source &&
    (fork?.subOffset ?? 0) === (origin?.subOffset ?? 0) &&
    (fork?.offset === origin?.offset || fork?.offset === origin?.resolved)
  return sameFork ? undefined : `"${log.channel}" exists and is forked from another place, or from none.`
}
