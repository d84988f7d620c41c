/** The roster of one channel: makes it say who reads the channel on this node, whatever others write to it. */

import { rosterPrefix } from '../../core/presence/options.js'
import { BytesBody } from '../../core/publish/body.js'
import { toError } from '../../core/publish/outcome.js'
import type { ResolvedPresence } from '../../core/rule.js'
import { timed } from '../../core/wheel.js'
import type { Message } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { KeyedView } from '../keyed-view.js'
import type { Change } from './changes.js'
import { CountLog } from './count-log.js'
import type { Leases, LeasesContext } from './leases.js'
import { type Count, countKey, isMember, type Member, readValue, type Totals } from './member.js'
import { Planner } from './planner.js'
import type { Readers } from './readers.js'
import { Whereabouts } from './whereabouts.js'

export interface RosterOptions {
  readonly context: LeasesContext
  /** The channel whose readers it tells of. */
  readonly channel: ChannelName
  readonly presence: ResolvedPresence
  readonly leases: Leases
}

/** Changes are joined, and written at most five times a second. */
const gridMs = 200
/** Appends that are tried at once, while other nodes write. */
const mostAttempts = 20

export class Roster {
  readonly name: ChannelName
  readonly countLog: CountLog
  /** Readers of the roster itself, and of its counts, on this node. */
  watchers = 0
  /** What dead nodes had left in it has been taken away, and is from now on. */
  known = false
  readonly #options: RosterOptions
  readonly #whereabouts: Whereabouts
  readonly #planner: Planner
  readonly #view: KeyedView
  readonly #timer = timed(() => void this.flush())
  #writing: Promise<void> | undefined
  #closed = false

  constructor(options: RosterOptions) {
    const { context, channel, presence, leases } = options
    this.#options = options
    this.name = rosterPrefix + channel
    this.#whereabouts = new Whereabouts({ ...options, changed: (key) => this.#touch(key) })
    const { nodeLeaseMs } = context.limits
    this.#planner = new Planner({ whereabouts: this.#whereabouts, presence, leases, nodeLeaseMs })
    this.countLog = new CountLog({ context, channel, totals: () => this.#totals() })
    this.#view = new KeyedView({
      context,
      channel: this.name,
      events: {
        cleared: () => this.#whereabouts.cleared(),
        changed: (message) => this.#heard(message),
        settled: () => this.#settled(),
      },
    })
  }

  get readers(): Readers {
    return this.#whereabouts.readers
  }

  /** Nobody reads the channel or the roster here, and all that was to be said has been. */
  get idle(): boolean {
    return this.readers.size === 0 && this.watchers === 0 && this.#planner.dirty.size === 0 && !this.#writing
  }

  get entries(): ReadonlyMap<string, Member> {
    return this.#whereabouts.entries.members
  }

  get count(): Count | undefined {
    return this.#whereabouts.entries.count
  }

  /** Begins to follow the roster, and what nodes say besides; resolves when all of it is known. */
  async open(): Promise<void> {
    await Promise.all([this.#view.open(), this.#whereabouts.moves.open()])
  }

  /** Leases that it names, this one left out. */
  others(): string[] {
    return this.#whereabouts.others()
  }

  /** A member says that it leaves. */
  leave(key: string): void {
    if (this.#enters) this.readers.exit(key)
    else this.readers.leave(key)
  }

  /** Lets what dead nodes said be taken back. */
  sweep(): void {
    this.#whereabouts.sweep()
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
    this.countLog.close()
    this.#whereabouts.close()
    this.#view.close()
  }

  get #enters(): boolean {
    return this.#options.presence.on === 'enter'
  }

  #touch(key: string): void {
    this.#planner.dirty.add(key)
    this.#plan()
  }

  #plan(): void {
    if (this.#closed || this.#planner.dirty.size === 0 || this.#timer.tick !== 0 || this.#writing) return
    this.#options.context.delivery.wheel.scheduleOnGrid(this.#timer, gridMs)
  }

  async #write(): Promise<void> {
    const { moves } = this.#whereabouts
    // The others must know this node before they find its name.
    await this.#options.leases.start()
    let isFresh = false
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      if (this.#closed || !this.#view.whole || !moves.whole) return
      const { changes, moved } = this.#planner.plan()
      // Whatever takes time is planned anew: others may have written meanwhile.
      if (moved.size > 0) await moves.say(moved)
      else if (changes.length === 0) return
      else if (!isFresh && changes.some(({ value }) => value === undefined)) {
        // Nobody is said to have left whom another node has just said to be there.
        await moves.refresh()
        isFresh = true
      } else if (await this.#append(changes)) return
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
    if (this.#view.passed(next)) for (const { message, value } of changes) this.#whereabouts.set(message.key, value)
    this.#planner.written(changes)
    this.countLog.changed()
  }

  /** Undefined: it is not known. */
  #totals(): Totals | undefined {
    if (!this.known) return undefined
    const { members, connections } = this.count ?? { members: this.entries.size, connections: 0 }
    let all = connections
    for (const entry of this.entries.values()) all += entry.connections
    return { members, connections: all }
  }

  #heard(message: Message): void {
    const { key } = message
    if (key === undefined) return
    const value = readValue(message)
    this.#whereabouts.heard(key, isMember(value) ? value : undefined)
    const { state, at } = this.entries.get(key) ?? {}
    if (this.#enters && state === null && at !== undefined) this.readers.exitedAt(key, at)
  }

  #settled(): void {
    this.#whereabouts.settled()
    if (this.#planner.counts) this.#planner.dirty.add(countKey)
    this.#plan()
    this.countLog.changed()
  }
}
