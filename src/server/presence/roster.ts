/** The roster of one channel: makes it say who reads the channel on this node, whatever others write to it. */

import { rosterPrefix } from '../../core/presence/options.js'
import { BytesBody } from '../../core/publish/body.js'
import { toError } from '../../core/publish/outcome.js'
import type { ResolvedPresence } from '../../core/rule.js'
import { timed } from '../../core/wheel.js'
import type { Message } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { KeyedView } from '../keyed-view.js'
import { type Change, countChange, gone, intoCounts, memberChange } from './changes.js'
import { CountLog } from './count-log.js'
import type { Leases, LeasesContext } from './leases.js'
import { type Count, countKey, isMember, type Member, readValue, type Totals } from './member.js'
import { type Present, Readers } from './readers.js'
import { RosterEntries } from './roster-entries.js'
import { sampleOf, tallyOf, wishOf } from './wishes.js'

export interface RosterOptions {
  readonly context: LeasesContext
  /** The channel whose readers it tells of. */
  readonly channel: ChannelName
  readonly presence: ResolvedPresence
  readonly leases: Leases
}

/** Changes are joined, and written at most five times a second. */
const gridMs = 200
/** A member's own changes are written at most twice a second. */
const memberMs = 500
/**
 * Another number of connections alone is written after so long: a client that renews its stream, or goes to another
 * transport, has two for a moment.
 */
const recountMs = 3_000
/** Counts are written once a second. */
const countMs = 1_000
/** Appends that are tried at once, while other nodes write. */
const mostAttempts = 20
/** Changes of one append. */
const atOnce = 500
/** A roster of counts names members again once it is so far below `maxMembers`. */
const backAt = 0.8

export class Roster {
  readonly name: ChannelName
  readonly readers: Readers
  readonly countLog: CountLog
  /** Readers of the roster itself, and of its counts, on this node. */
  watchers = 0
  /** What dead nodes had left in it has been taken away, and is from now on. */
  known = false
  readonly #options: RosterOptions
  readonly #view: KeyedView
  readonly #entries = new RosterEntries()
  /** Keys of which the roster may have to be told something. */
  readonly #dirty = new Set<string>()
  readonly #timer = timed(() => void this.flush())
  #writing: Promise<void> | undefined
  #countedAt = Number.NEGATIVE_INFINITY
  /** The roster has been read anew: what it says of this node's readers is to be compared. */
  #isNew = true
  #closed = false

  constructor(options: RosterOptions) {
    const { context, channel, presence, leases } = options
    this.#options = options
    this.name = rosterPrefix + channel
    this.readers = new Readers({
      wheel: context.delivery.wheel,
      graceMs: presence.graceMs,
      now: () => leases.now(),
      changed: (key) => this.#touch(key),
    })
    this.countLog = new CountLog({ context, channel, totals: () => this.#totals() })
    this.#view = new KeyedView({
      context,
      channel: this.name,
      events: {
        cleared: () => this.#cleared(),
        changed: (message) => this.#heard(message),
        settled: () => this.#settled(),
      },
    })
  }

  /** Nobody reads the channel or the roster here, and all that was to be said has been. */
  get idle(): boolean {
    return this.readers.size === 0 && this.watchers === 0 && this.#dirty.size === 0 && !this.#writing
  }

  get entries(): ReadonlyMap<string, Member> {
    return this.#entries.members
  }

  get count(): Count | undefined {
    return this.#entries.count
  }

  /** Begins to follow the roster; resolves when it is known. */
  open(): Promise<void> {
    return this.#view.open()
  }

  /** Leases that the roster names, this one left out. */
  others(): string[] {
    const { id } = this.#options.leases
    return [...this.#entries.nodes].filter((node) => node !== id)
  }

  /** A member says that it leaves. */
  leave(key: string): void {
    if (this.#enters) this.readers.exit(key)
    else this.readers.leave(key)
  }

  /** Lets what dead nodes said be taken back. */
  sweep(): void {
    const { leases } = this.#options
    if (!this.others().some((node) => leases.isDead(node))) return
    for (const [key, entry] of this.entries) {
      if (Object.keys(entry.nodes).some((node) => leases.isDead(node))) this.#touch(key)
    }
    this.#touch(countKey)
  }

  /** Writes what is to be said; one writing at a time. Throws nothing. */
  flush(): Promise<void> {
    this.#writing ??= this.#write()
      .catch((thrown) => void this.#options.context.report(thrown))
      .finally(() => {
        this.#writing = undefined
        this.#plan()
      })
    return this.#writing
  }

  close(): void {
    this.#closed = true
    this.#options.context.delivery.wheel.cancel(this.#timer)
    this.readers.close()
    this.countLog.close()
    this.#view.close()
  }

  #touch(key: string): void {
    this.#dirty.add(key)
    this.#plan()
  }

  #plan(): void {
    if (this.#closed || this.#dirty.size === 0 || this.#timer.tick !== 0 || this.#writing) return
    this.#options.context.delivery.wheel.scheduleOnGrid(this.#timer, gridMs)
  }

  async #write(): Promise<void> {
    // The others must know this node before they find its name.
    await this.#options.leases.start()
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      if (this.#closed || !this.#view.whole) return
      const changes = this.#counts ? this.#countChanges() : this.#memberChanges()
      if (changes.length === 0 || (await this.#append(changes))) return
    }
  }

  /**
   * False: another node has written meanwhile, and its changes are known now.
   * @throws AnywireError if the store cannot be asked.
   */
  async #append(changes: readonly Change<Member | Count>[]): Promise<boolean> {
    const { context } = this.#options
    const messages = changes.map(({ message }) => message)
    // [store seam] `seq` must rise: whoever appends at a position that is not the head any more is refused.
    const outcome = await context.publisher.publish({
      channel: this.name,
      body: new BytesBody(messages, context.limits),
      seq: this.#view.head,
      create: true,
      lane: this,
    })
    if (outcome.kind === 'appended') {
      this.#written(changes, outcome.next)
      return true
    }
    await this.#view.refresh()
    const error = outcome.kind === 'stale-seq' ? undefined : toError(outcome, this.name)
    if (error) throw error
    return false
  }

  #written(changes: readonly Change<Member | Count>[], next: string): void {
    const now = performance.now()
    const isNews = this.#view.passed(next)
    for (const { message, value } of changes) {
      if (isNews) this.#set(message.key, value)
      if (message.key === countKey) this.#countedAt = now
      const present = this.readers.get(message.key)
      if (!present) continue
      present.writtenAt = now
      present.recountAt = undefined
      if (isMember(value) && JSON.stringify((value as Member).state) === present.state) present.isStateNew = false
    }
    this.countLog.changed()
  }

  get #enters(): boolean {
    return this.#options.presence.on === 'enter'
  }

  get #counts(): boolean {
    return this.#options.presence.maxMembers === 0 || this.count !== undefined
  }

  #memberChanges(): Change<Member | Count>[] {
    const { presence, leases } = this.#options
    const writer = { me: leases.id, isDead: (node: string) => leases.isDead(node) }
    const changes: Change<Member>[] = []
    let size = this.entries.size
    for (const key of this.#dirty) {
      const entry = this.#entries.get(key)
      const present = this.readers.get(key)
      if (entry && present && this.#isEarly(present, entry)) continue
      const change = memberChange(key, entry, present && wishOf(present, entry, presence.on), writer)
      if (!change) {
        this.#dirty.delete(key)
        if (present) {
          present.isStateNew = false
          present.recountAt = undefined
        }
        continue
      }
      if (!entry && ++size > presence.maxMembers) {
        return intoCounts(this.entries, ...this.#here(), writer)
      }
      changes.push(change)
      if (changes.length === atOnce) break
    }
    return changes
  }

  /** It is joined with what comes of the same member soon. */
  #isEarly({ isStateNew, writtenAt, recountAt = Number.NEGATIVE_INFINITY }: Present, entry: Member): boolean {
    const { presence, leases } = this.#options
    const now = performance.now()
    if (now - writtenAt < memberMs) return true
    if (isStateNew || !entry.nodes[leases.id] || this.#namesDead(entry)) return false
    return now - recountAt < Math.min(recountMs, presence.graceMs)
  }

  #countChanges(): Change<Count>[] {
    const { presence, leases } = this.#options
    const writer = { me: leases.id, isDead: (node: string) => leases.isDead(node) }
    if (performance.now() - this.#countedAt < countMs) return []
    const change = countChange(this.count, ...this.#here(), writer)
    const members = change?.value?.members ?? this.count?.members ?? 0
    if (this.count && presence.maxMembers > 0 && members <= presence.maxMembers * backAt) {
      return [gone(countKey, 'mode')]
    }
    if (!change) this.#dirty.clear()
    return change ? [change] : []
  }

  /** Undefined: it is not known. */
  #totals(): Totals | undefined {
    if (!this.known) return undefined
    const { members, connections } = this.count ?? { members: this.entries.size, connections: 0 }
    let all = connections
    for (const entry of this.entries.values()) all += entry.connections
    return { members, connections: all }
  }

  #here(): [tally: ReturnType<typeof tallyOf>, sample: ReturnType<typeof sampleOf>] {
    const { presence } = this.#options
    return [tallyOf(this.readers, presence.on), sampleOf(this.readers, presence)]
  }

  #cleared(): void {
    this.#entries.clear()
    this.#isNew = true
  }

  #heard(message: Message): void {
    const { key } = message
    if (key === undefined) return
    const value = readValue(message)
    this.#set(key, isMember(value) ? value : undefined)
    const { state, at } = this.#entries.get(key) ?? {}
    if (this.#enters && state === null && at !== undefined) this.readers.exitedAt(key, at)
    if (this.readers.get(key) || this.#namesDead(value)) this.#dirty.add(key)
  }

  #settled(): void {
    if (this.#isNew) for (const key of this.readers.keys()) this.#dirty.add(key)
    this.#isNew = false
    if (this.#counts) this.#dirty.add(countKey)
    this.#plan()
    this.countLog.changed()
  }

  /** Takes in what a key holds now. */
  #set(key: string, value: Member | Count | undefined): void {
    const counted = this.count !== undefined
    this.#entries.set(key, value)
    if (counted && !this.count) for (const reader of this.readers.keys()) this.#dirty.add(reader)
  }

  #namesDead(value: unknown): boolean {
    const { leases } = this.#options
    return isMember(value) && Object.keys(value.nodes).some((node) => leases.isDead(node))
  }
}
