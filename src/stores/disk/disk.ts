/** The disk store: one LMDB per folder. What was acknowledged is on the disk, and what is seen is too. */
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
import { difference, hasExpired } from '../rules/config.js'
import { type DiskFolder, openFolder } from './folder.js'
import { DiskForks } from './forks.js'
import { KeySearch } from './key-search.js'
import type { DiskLog } from './log.js'
import { type DiskOptions, diskShape } from './options.js'
import { LogView } from './read.js'
import { weightOf } from './stored.js'

const capabilities: StoreCapabilities = {
  acknowledged: 'power-loss',
  shared: true,
  retains: { messages: true, bytes: true, ageMs: true },
  keys: true,
  expiry: true,
  configure: true,
}

/**
 * Opens the store in a folder. Needs the package `lmdb`.
 * @throws AnywireError `bad-request` for an option that is unknown or cannot be, a folder that cannot be used, or that
 * another program uses; `internal` where `lmdb` is not installed.
 */
export async function disk(options: DiskOptions): Promise<Store> {
  checkShape<DiskOptions>('disk()', options, diskShape)
  return new DiskStore(...(await openFolder(options)))
}

class DiskStore implements Store {
  readonly capabilities = capabilities
  readonly forks: DiskForks
  readonly #folder: DiskFolder
  readonly #followed = new Set<ChannelName>()
  readonly #unwatch: () => void
  readonly #leave: () => Promise<void>
  #closing: Promise<void> | undefined
  #listener: ((wake: Wake) => void) | undefined

  constructor(folder: DiskFolder, leave: () => Promise<void>) {
    this.#folder = folder
    this.#leave = leave
    this.forks = new DiskForks(folder)
    this.#unwatch = folder.watch((wake) => {
      if (wake.kind === 'discontinuity' || this.#followed.has(wake.channel)) this.#listener?.(wake)
    })
  }

  // ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────

  append(channel: ChannelName, messages: readonly NewMessage[], options: AppendOptions = {}): Promise<AppendResult> {
    const names = this.#folder.names
    return this.#folder.commit((wake) => {
      const now = names.now()
      const log = names.find(channel, now)
      const answer = judgeAppend(log ?? this.#vacant(channel), messages, options)
      if (answer) return answer
      const bytes = messages.reduce((sum, message) => sum + weightOf(message), 0)
      const why = log ? names.full(bytes) : (names.noRoom() ?? names.full(bytes))
      if (why) return { kind: 'full', why }
      if (log) return this.#store(log, messages, options, now, wake)
      const { create } = options
      if (!create) return { kind: 'missing' }
      const made = names.open(channel, create, now, names.past(channel))
      return this.#store(made, messages, options, now, wake)
    })
  }

  #vacant(channel: ChannelName) {
    const { floor: head } = this.#folder.names.past(channel)
    return { exists: false, gone: this.#folder.lineage.isGone(channel), head, closed: false } as const
  }

  #store(
    log: DiskLog,
    messages: readonly NewMessage[],
    options: AppendOptions,
    now: number,
    wake: (wake: Wake) => void,
  ): AppendResult {
    const { producer, seq, close, maxProducers = limitDefaults.producersPerChannel } = options
    const { record, channel } = log
    const stored = log.append(messages, now)
    if (producer) log.remember(producer, maxProducers)
    if (seq !== undefined) record.seq = seq
    if (close) record.closed = true
    log.retain(now)
    const { closed } = record
    const next = record.head.offset
    wake({ kind: 'appended', channel, messages: stored, next, closed })
    return { kind: 'appended', first: stored[0]?.offset ?? next, next, closed }
  }

  create(channel: ChannelName, config: ChannelConfig, options: CreateOptions = {}): Promise<CreateResult> {
    const names = this.#folder.names
    return this.#folder.commit((wake): CreateResult => {
      const now = names.now()
      const log = names.find(channel, now)
      if (log) {
        const why = difference(log, config, options)
        return why ? { kind: 'conflict', why } : { kind: 'exists', info: this.#view(log, now).info }
      }
      const reserved = this.#folder.lineage.reserved(channel)
      if (reserved) return { kind: 'conflict', why: reserved }
      const full = names.noRoom()
      if (full) return { kind: 'full', why: full }
      const made = names.open(channel, config, now, names.past(channel))
      const { messages = [], closed: close } = options
      this.#store(made, messages, { close }, now, wake)
      return { kind: 'created', info: this.#view(made, now).info }
    })
  }

  /** Keys that it turns on are found in a log of any length, so that takes many commits. */
  async configure(channel: ChannelName, policy: Policy): Promise<'configured' | 'missing'> {
    const folder = this.#folder
    const { names } = folder
    const configured = await folder.commit(() => {
      const now = names.now()
      const log = names.find(channel, now)
      if (!log) return 'missing'
      if (policy.maxKeys !== undefined && log.config.maxKeys === undefined) return policy.maxKeys
      log.configure(policy, now)
      names.watch(log, now)
      return 'configured'
    })
    if (typeof configured === 'string') return configured
    return folder.inTurn(() => new KeySearch(folder, channel, policy, configured).run())
  }

  delete(channel: ChannelName): Promise<'deleted' | 'missing' | 'gone'> {
    return this.forks.remove(channel, false)
  }

  touch(channels: readonly ChannelName[]): void {
    const names = this.#folder.names
    const now = names.now()
    this.#folder
      .commit(() => {
        for (const channel of channels) {
          const log = names.find(channel, now)
          if (log) log.record.usedAt = now
        }
      })
      .catch(() => undefined) // Nobody waits for it; what is not renewed now is renewed the next time.
  }

  // ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

  read(channel: ChannelName, position: Position, limit: Limit): Promise<ReadResult> {
    return this.#read(channel, (view) => view.read(position, limit))
  }

  snapshot(
    channel: ChannelName,
    after: Offset | undefined,
    until: Offset | undefined,
    limit: Limit,
  ): Promise<ReadResult> {
    return this.#read(channel, (view) => view.snapshot(after, until, limit))
  }

  async position(channels: readonly ChannelName[]): Promise<readonly Known[]> {
    this.#folder.engine.refresh()
    const known: Known[] = []
    for (const channel of channels) {
      const view = this.#seen(channel) ?? (await this.#expired(channel))
      known.push(view === 'gone' ? 'gone' : view.info)
    }
    return known
  }

  async #read(channel: ChannelName, reading: (view: LogView) => ReadResult): Promise<ReadResult> {
    this.#folder.engine.refresh()
    const view = this.#seen(channel) ?? (await this.#expired(channel))
    return view === 'gone' ? { kind: 'gone' } : reading(view)
  }

  /** What the name holds at this moment; undefined: a channel that has expired. */
  #seen(channel: ChannelName): LogView | 'gone' | undefined {
    const { engine, names } = this.#folder
    const now = names.now()
    const record = names.look(channel)
    if (!record) return this.#vacancy(channel)
    return hasExpired(record.config, record.usedAt, now) ? undefined : LogView.of(engine, record, now)
  }

  async #expired(channel: ChannelName): Promise<LogView | 'gone'> {
    const { engine, names } = this.#folder
    await this.#folder.commit(() => void names.find(channel, names.now()))
    engine.refresh()
    return this.#seen(channel) ?? this.#vacancy(channel)
  }

  #vacancy(channel: ChannelName): LogView | 'gone' {
    const { engine, names, lineage } = this.#folder
    return lineage.isGone(channel) ? 'gone' : LogView.empty(engine, names.past(channel))
  }

  #view(log: DiskLog, now: number): LogView {
    return LogView.of(this.#folder.engine, log.record, now)
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

  close(): Promise<void> {
    this.#listener = undefined
    this.#unwatch()
    this.#closing ??= this.#leave()
    return this.#closing
  }
}
