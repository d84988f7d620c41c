/** Which channels there are, and what is remembered of names that hold none. Called within a commit, but for looks. */
import type { ChannelConfig } from '../../core/store.js'
import type { ChannelName } from '../../protocol/name.js'
import { mintOffset, type Offset } from '../../protocol/offset.js'
import { mintWhen } from '../rules/append.js'
import { hasExpired, isMortal, type Origin } from '../rules/config.js'
import { DiskConfigs } from './configs.js'
import type { Aside, DiskEngine, EngineView } from './engine.js'
import { keyText } from './key-text.js'
import { KnownLogs } from './known-logs.js'
import type { DiskLineage } from './lineage.js'
import { DiskLog } from './log.js'
import { type PackedRecord, packRecord, unpackRecord } from './packed.js'
import { Place } from './place.js'
import type { ChannelRecord, DraftRecord, TombstoneRecord } from './record.js'
import { step } from './step.js'

/** Tombstones that are forgotten at a time. */
const forgottenAtOnce = 100
/** Channels looked at for one that holds nothing. */
const looks = 16
/** What a channel takes before it holds anything. */
const overhead = 512

const none: readonly ChannelName[] = []

/** Where a log begins that has no messages. */
export interface Past {
  readonly birth: Offset
  readonly floor: Offset
  readonly micros: number
}

export interface NamesOptions {
  readonly engine: DiskEngine
  readonly lineage: DiskLineage
  readonly now: () => number
  readonly maxChannels: number
  readonly maxBytes: number
  readonly maxTombstones: number
}

export class Names implements Aside {
  readonly #options: NamesOptions
  readonly #engine: DiskEngine
  readonly #configs: DiskConfigs
  /** Those of this commit, and names whose channel was found to have expired, or was evicted. */
  readonly #logs = new Map<ChannelName, DiskLog>()
  readonly #known = new KnownLogs()
  #expired: ChannelName[] = []

  constructor(options: NamesOptions) {
    this.#options = options
    this.#engine = options.engine
    this.#configs = new DiskConfigs(options.engine)
    options.engine.join(this)
  }

  write(): void {
    for (const [channel, log] of this.#logs) {
      if (log.config.evictable) this.#list(log)
      void this.#engine.names.put(['c', keyText(channel)], packRecord(log.record, this.#configs))
      this.#known.set(channel, log)
    }
    this.#logs.clear()
  }

  forget(): void {
    this.#logs.clear()
    this.#known.clear()
    this.#expired = []
  }

  now(): number {
    return this.#options.now()
  }

  /** The channel, even if it has expired. */
  look(channel: ChannelName, seen: EngineView = this.#engine): ChannelRecord | undefined {
    const packed = seen.get<PackedRecord>(['c', keyText(channel)])
    return packed && unpackRecord(packed, this.#configs)
  }

  /** The channel as it is at this moment: one that has expired goes. */
  find(channel: ChannelName, now: number): DiskLog | undefined {
    const log = this.#logs.get(channel) ?? this.#read(channel)
    if (!log || !hasExpired(log.config, log.record.usedAt, now)) return log
    this.drop(log, now)
    this.#expired.push(channel)
    return undefined
  }

  #read(channel: ChannelName): DiskLog | undefined {
    const known = this.#known.get(channel)
    if (known) return this.#hold(known)
    const record = this.look(channel)
    return record && this.#hold(new DiskLog(this.#engine, channel, record))
  }

  /** It is written with this commit. */
  #hold(log: DiskLog): DiskLog {
    this.#logs.set(log.channel, log)
    return log
  }

  /** Where a channel of this name would begin. */
  past(channel: ChannelName): Past {
    const stone = this.#engine.get<TombstoneRecord>(['t', keyText(channel)])
    if (stone) return { birth: stone.birth, floor: stone.floor ?? stone.birth, micros: stone.micros }
    return birthAt(this.#engine.store.unwritten)
  }

  /** Why one more channel cannot be taken; undefined if it can. An on-use channel that holds nothing makes room. */
  noRoom(): string | undefined {
    const { maxChannels } = this.#options
    if (this.#engine.store.channels >= maxChannels) this.#evictEmpty()
    if (this.#engine.store.channels < maxChannels) return this.full(overhead)
    return `There are ${maxChannels} channels: delete some, or raise "maxChannels".`
  }

  /** Why so many bytes more cannot be taken; undefined if they can. */
  full(bytes: number): string | undefined {
    const { maxBytes } = this.#options
    if (this.#engine.store.weight + bytes <= maxBytes) return undefined
    return `The store holds its ${maxBytes} bytes: delete channels, let them keep less, or raise "maxBytes".`
  }

  open(channel: ChannelName, config: ChannelConfig, now: number, past: Past): DiskLog {
    return this.adopt(channel, this.draft(channel, config, now, past), now)
  }

  /** The record of a log that is no channel yet. */
  draft(channel: ChannelName, config: ChannelConfig, now: number, past: Past, origin?: Origin): ChannelRecord {
    const { store } = this.#engine
    const floor = Place.of(past.floor)
    const record: ChannelRecord = {
      id: store.ids++,
      config,
      origin,
      birth: Place.of(past.birth),
      floor,
      head: floor,
      micros: past.micros,
      cameAt: now,
      bytes: 0,
      weight: overhead + 2 * channel.length,
      swept: floor.number,
      keys: 0,
      producers: 0,
      uses: 0,
      closed: false,
      seq: undefined,
      usedAt: now,
      emptyAt: 0,
    }
    store.weight += record.weight
    return record
  }

  /** A log becomes the channel of a name that holds none. */
  adopt(channel: ChannelName, record: ChannelRecord, now: number): DiskLog {
    this.#engine.store.channels++
    this.#forgetTombstone(channel)
    this.#options.lineage.remove(channel)
    const log = this.#hold(new DiskLog(this.#engine, channel, record))
    this.watch(log, now)
    return log
  }

  /** Looks after a channel that time can change, from its creation or another policy on. */
  watch({ channel, record: { id, config, usedAt } }: DiskLog, now: number): void {
    if (!isMortal(config)) return
    const { ttlSeconds, expiresAt, retain } = config
    const ends = [
      ttlSeconds === undefined ? Number.POSITIVE_INFINITY : usedAt + ttlSeconds * 1_000,
      expiresAt ?? Number.POSITIVE_INFINITY,
      retain.ageMs === null ? Number.POSITIVE_INFINITY : now + Math.max(retain.ageMs, 1_000),
    ]
    void this.#engine.names.put(['x', Math.min(...ends), id], channel)
  }

  /** Those that expired or were evicted since it was last asked. */
  takeExpired(): readonly ChannelName[] {
    return this.#expired.length === 0 ? none : this.#expired.splice(0)
  }

  /**
   * The name holds no channel any more; what stood in it is swept away later. With `keepName` it is `gone` while it has
   * forks.
   */
  drop(log: DiskLog, now: number, keepName = false): void {
    const micros = mintWhen(now, log.record.micros, step())
    this.#drop(log, { birth: mintOffset(micros, 0), micros }, keepName)
  }

  #drop({ channel, record }: DiskLog, past: Omit<TombstoneRecord, 'place'>, keepName = false): void {
    const { names, store } = this.#engine
    if (record.emptyAt > 0) void names.remove(['e', record.emptyAt, record.id])
    this.#logs.delete(channel)
    this.#known.delete(channel)
    void names.remove(['c', keyText(channel)])
    void names.put(['g', record.id], channel)
    this.#options.lineage.remove(channel, keepName)
    store.channels--
    store.weight -= record.weight
    this.#remember(channel, past)
  }

  /** A log that becomes no channel is swept away later. */
  abandon(id: number): void {
    const { names, store } = this.#engine
    const draft = this.#engine.get<DraftRecord>(['b', id])
    if (!draft) return
    void names.remove(['b', id])
    void names.put(['g', id], '')
    store.weight -= draft.weight
  }

  /** Keeps the list of on-use channels that hold nothing: they are evicted first that were not used for longest. */
  #list({ channel, record, empty }: DiskLog): void {
    const { names } = this.#engine
    if (empty === record.emptyAt > 0) return
    if (!empty) void names.remove(['e', record.emptyAt, record.id])
    record.emptyAt = empty ? record.usedAt : 0
    if (empty) void names.put(['e', record.emptyAt, record.id], channel)
  }

  /** Evicts an on-use channel that holds nothing, so that nobody loses anything. Its followers are told. */
  #evictEmpty(): void {
    const range = { start: ['e', 0], end: ['e', Number.MAX_SAFE_INTEGER], limit: looks }
    for (const { value } of [...this.#engine.names.getRange(range)]) {
      const log = this.find(value as ChannelName, this.now())
      // One that this commit has written to is still in the list.
      if (!log?.empty) continue
      const { birth, head, micros } = log.record
      this.#drop(log, { birth: birth.offset, floor: head.offset, micros })
      this.#expired.push(log.channel)
      return
    }
  }

  #remember(channel: ChannelName, past: Omit<TombstoneRecord, 'place'>): void {
    const { names, store } = this.#engine
    this.#forgetTombstone(channel)
    const place = store.places++
    void names.put(['t', keyText(channel)], { ...past, place } satisfies TombstoneRecord)
    void names.put(['u', place], channel)
    if (++store.tombstones > this.#options.maxTombstones) this.#forgetOldest()
  }

  #forgetTombstone(channel: ChannelName): void {
    const { names, store } = this.#engine
    const stone = this.#engine.get<TombstoneRecord>(['t', keyText(channel)])
    if (!stone) return
    void names.remove(['t', keyText(channel)])
    void names.remove(['u', stone.place])
    store.tombstones--
  }

  // A forgotten name counts as never written. Such names begin after everything that the forgotten ones minted, so that
  // an old position is answered with `reset`, and not with silence.
  #forgetOldest(): void {
    const range = { start: ['u', 0], end: ['u', Number.MAX_SAFE_INTEGER], limit: forgottenAtOnce }
    const oldest = [...this.#engine.names.getRange(range)].map(({ value }) => value as ChannelName)
    const { store } = this.#engine
    for (const channel of oldest) {
      const stone = this.#engine.get<TombstoneRecord>(['t', keyText(channel)])
      store.unwritten = Math.max(store.unwritten, (stone?.micros ?? 0) + step())
      this.#forgetTombstone(channel)
    }
  }
}

/** A log that begins at `micros`. Microsecond 0 is never minted: it spells "the start". */
function birthAt(micros: number): Past {
  const when = Math.max(1, micros)
  const birth = mintOffset(when, 0)
  return { birth, floor: birth, micros: when }
}
