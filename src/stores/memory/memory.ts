/** The memory store, the readable reference: one log per channel, gone with the process. No call waits. */
import { limitDefaults } from '../../core/limits.js'
import { checkShape } from '../../core/shape.js'
import type {
  AppendOptions,
  AppendResult,
  ChannelConfig,
  CreateOptions,
  CreateResult,
  Known,
  Limit,
  NewMessage,
  Policy,
  ReadResult,
  Store,
  StoreCapabilities,
  Wake,
} from '../../core/store.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Offset, Position } from '../../protocol/offset.js'
import { judgeAppend } from '../rules/append.js'
import { difference } from '../rules/config.js'
import { MemoryForks } from './forks.js'
import type { Log } from './log.js'
import { type MemoryOptions, memoryShape } from './options.js'
import { emptyLog, type Kept, readLog, snapshotLog } from './read.js'
import { Shelf } from './shelf.js'

const capabilities: StoreCapabilities = {
  acknowledged: 'memory',
  shared: false,
  retains: { messages: true, bytes: true, ageMs: true },
  keys: true,
  expiry: true,
  configure: true,
}

/** @throws AnywireError `bad-request` for an option that is unknown or cannot be. */
export function memory(options: MemoryOptions = {}): Store {
  checkShape<MemoryOptions>('memory()', options, memoryShape)
  return new MemoryStore(options)
}

class MemoryStore implements Store {
  readonly capabilities = capabilities
  readonly forks: MemoryForks
  readonly #shelf: Shelf
  readonly #followed = new Set<ChannelName>()
  #listener: ((wake: Wake) => void) | undefined

  constructor(options: MemoryOptions) {
    this.#shelf = new Shelf(options, (channel) => this.#changed(channel))
    this.forks = new MemoryForks(this.#shelf, {
      commit: (log, messages, close, now) => void this.#commit(log, messages, { close }, now),
      changed: (channel) => this.#changed(channel),
    })
  }

  // ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────

  async append(
    channel: ChannelName,
    messages: readonly NewMessage[],
    options: AppendOptions = {},
  ): Promise<AppendResult> {
    const shelf = this.#shelf
    const now = shelf.now()
    const log = shelf.find(channel, now)
    const answer = judgeAppend(log ?? shelf.vacant(channel), messages, options)
    if (answer) return answer
    if (log) {
      const why = shelf.budget.refusal(log.pinning(messages), log.config.evictable, log)
      return why ? { kind: 'full', why } : this.#commit(log, messages, options, now)
    }
    const { create } = options
    if (!create) return { kind: 'missing' }
    const why = shelf.noRoom(channel, create)
    return why ? { kind: 'full', why } : this.#commit(shelf.open(channel, create, now), messages, options, now)
  }

  #commit(log: Log, messages: readonly NewMessage[], options: AppendOptions, now: number): AppendResult {
    const shelf = this.#shelf
    const { producer, seq, close, maxProducers = limitDefaults.producersPerChannel } = options
    const stored = log.append(messages, now, shelf.step())
    if (producer) log.remember(producer, maxProducers)
    if (seq !== undefined) log.seq = seq
    if (close) log.closed = true
    log.retain(now)
    shelf.use(log, now)
    shelf.budget.settle(log)
    const { channel, head: next, closed } = log
    if (this.#followed.has(channel)) this.#listener?.({ kind: 'appended', channel, messages: stored, next, closed })
    return { kind: 'appended', first: stored[0]?.offset ?? next, next, closed }
  }

  async create(channel: ChannelName, config: ChannelConfig, options: CreateOptions = {}): Promise<CreateResult> {
    const shelf = this.#shelf
    const now = shelf.now()
    const log = shelf.find(channel, now)
    if (log) {
      const why = difference(log, config, options)
      return why ? { kind: 'conflict', why } : { kind: 'exists', info: log.info }
    }
    const why = this.forks.reserved(channel)
    if (why) return { kind: 'conflict', why }
    const full = shelf.noRoom(channel, config)
    if (full) return { kind: 'full', why: full }
    const made = shelf.open(channel, config, now)
    const { messages = [], closed: close } = options
    this.#commit(made, messages, { close }, now)
    return { kind: 'created', info: made.info }
  }

  async configure(channel: ChannelName, policy: Policy): Promise<'configured' | 'missing'> {
    const shelf = this.#shelf
    const now = shelf.now()
    const log = shelf.find(channel, now)
    if (!log) return 'missing'
    log.configure(policy, now)
    shelf.watch(log)
    shelf.budget.settle(log)
    return 'configured'
  }

  async delete(channel: ChannelName): Promise<'deleted' | 'missing' | 'gone'> {
    return this.forks.remove(channel, false)
  }

  // ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

  async read(channel: ChannelName, position: Position, limit: Limit): Promise<ReadResult> {
    return this.#read(channel, (log) => readLog(log, position, limit))
  }

  async snapshot(
    channel: ChannelName,
    after: Offset | undefined,
    until: Offset | undefined,
    limit: Limit,
  ): Promise<ReadResult> {
    return this.#read(channel, (log) => snapshotLog(log, after, until, limit))
  }

  #read(channel: ChannelName, reading: (log: Kept) => ReadResult): ReadResult {
    const shelf = this.#shelf
    const log = shelf.find(channel, shelf.now())
    if (!log && shelf.lineage.isGone(channel)) return { kind: 'gone' }
    if (log) shelf.budget.used(log)
    return reading(log ?? emptyLog(shelf.tombstones.of(channel)))
  }

  async position(channels: readonly ChannelName[]): Promise<readonly Known[]> {
    const shelf = this.#shelf
    const now = shelf.now()
    return channels.map((channel) => {
      const log = shelf.find(channel, now)
      if (!log && shelf.lineage.isGone(channel)) return 'gone'
      return (log ?? emptyLog(shelf.tombstones.of(channel))).info
    })
  }

  touch(channels: readonly ChannelName[]): void {
    const now = this.#shelf.now()
    for (const channel of channels) {
      const log = this.#shelf.find(channel, now)
      if (log) this.#shelf.use(log, now)
    }
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

  async close(): Promise<void> {
    this.#listener = undefined
    this.#followed.clear()
    this.#shelf.clear()
  }
}
