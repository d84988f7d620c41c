/** What a node has to write to a roster of those who read here now, and what waits. */
import type { ResolvedPresence } from '../../core/rule.js'
import { type Change, countChange, gone, intoCounts, memberChange } from './changes.js'
import type { Leases } from './leases.js'
import { type Count, countKey, isMember, type Member } from './member.js'
import type { Present } from './readers.js'
import type { Whereabouts } from './whereabouts.js'
import { sampleOf, tallyOf, wishOf } from './wishes.js'

export interface PlannerOptions {
  readonly whereabouts: Whereabouts
  readonly presence: ResolvedPresence
  readonly leases: Leases
}

/** A member's own changes are written at most twice a second. */
const memberMs = 500
/**
 * Another number of connections alone is written after so long: a client that renews its stream, or goes to another
 * transport, has two for a moment.
 */
const recountMs = 3_000
/** Counts are written once a second. */
const countMs = 1_000
/** Changes of one append. */
const atOnce = 500
/** A roster of counts names members again once it is so far below `maxMembers`. */
const backAt = 0.8

export class Planner {
  /** Keys of which the roster may have to be told something. */
  readonly dirty = new Set<string>()
  readonly #options: PlannerOptions
  #countedAt = Number.NEGATIVE_INFINITY

  constructor(options: PlannerOptions) {
    this.#options = options
  }

  /** The roster tells only how many there are. */
  get counts(): boolean {
    const { presence, whereabouts } = this.#options
    return presence.maxMembers === 0 || whereabouts.entries.count !== undefined
  }

  /** What of the keys that are dirty is due. Those of which nothing has to be said are dirty no more. */
  plan(): Change<Member | Count>[] {
    return this.counts ? this.#countChanges() : this.#memberChanges()
  }

  /** The roster says it now. */
  written(changes: readonly Change<Member | Count>[]): void {
    const now = performance.now()
    for (const { message, value } of changes) {
      if (message.key === countKey) this.#countedAt = now
      const present = this.#options.whereabouts.readers.get(message.key)
      if (!present) continue
      present.writtenAt = now
      present.recountAt = undefined
      if (isMember(value) && JSON.stringify((value as Member).state) === present.state) present.isStateNew = false
    }
  }

  #memberChanges(): Change<Member | Count>[] {
    const { presence, whereabouts } = this.#options
    const { entries, readers, writer } = whereabouts
    const changes: Change<Member>[] = []
    let size = entries.members.size
    for (const key of this.dirty) {
      const entry = entries.get(key)
      const present = readers.get(key)
      if (entry && present && this.#isEarly(present, entry)) continue
      const change = memberChange(key, entry, present && wishOf(present, entry, presence.on), writer)
      if (!change) {
        this.dirty.delete(key)
        settle(present)
        continue
      }
      if (!entry && ++size > presence.maxMembers) return intoCounts(entries.members, ...this.#here(), writer)
      changes.push(change)
      if (changes.length === atOnce) break
    }
    return changes
  }

  /** It is joined with what comes of the same member soon. */
  #isEarly({ isStateNew, writtenAt, recountAt = Number.NEGATIVE_INFINITY }: Present, entry: Member): boolean {
    const { presence, leases, whereabouts } = this.#options
    const now = performance.now()
    if (now - writtenAt < memberMs) return true
    if (isStateNew || !entry.nodes[leases.id] || whereabouts.namesDead(entry)) return false
    return now - recountAt < Math.min(recountMs, presence.graceMs)
  }

  #countChanges(): Change<Count>[] {
    const { presence, whereabouts } = this.#options
    const { count } = whereabouts.entries
    if (performance.now() - this.#countedAt < countMs) return []
    const change = countChange(count, ...this.#here(), whereabouts.writer)
    const members = change?.value?.members ?? count?.members ?? 0
    if (count && presence.maxMembers > 0 && members <= presence.maxMembers * backAt) {
      return [gone(countKey, 'mode')]
    }
    if (!change) this.dirty.clear()
    return change ? [change] : []
  }

  #here(): [tally: ReturnType<typeof tallyOf>, sample: ReturnType<typeof sampleOf>] {
    const { presence, whereabouts } = this.#options
    return [tallyOf(whereabouts.readers, presence.on), sampleOf(whereabouts.readers, presence)]
  }
}

/** Nothing of a member has to be told. */
function settle(present: Present | undefined): void {
  if (!present) return
  present.isStateNew = false
  present.recountAt = undefined
}
