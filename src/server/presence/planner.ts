/** What a node has to write of a channel's readers now, and what waits: to the roster, and to other nodes. */
import type { ResolvedPresence } from '../../core/rule.js'
import { type Change, countChange, gone, intoCounts, memberChange, movedHere, type Wish } from './changes.js'
import type { Leases } from './leases.js'
import { type Count, countKey, isMember, type Member } from './member.js'
import type { Present } from './readers.js'
import type { Whereabouts } from './whereabouts.js'
import { sampleOf, tallyOf, wishOf } from './wishes.js'

export interface PlannerOptions {
  readonly whereabouts: Whereabouts
  readonly presence: ResolvedPresence
  readonly leases: Leases
  /** How long a node may be silent before it is dead, in milliseconds. */
  readonly nodeLeaseMs: number
}

/** What is to be written. */
export interface Plan {
  readonly changes: readonly Change<Member | Count>[]
  /** Besides the roster: connections here of members of whom it says otherwise. */
  readonly moved: ReadonlyMap<string, number | undefined>
}

/** A member's own changes are written at most twice a second. */
const memberMs = 500
/** Counts are written once a second. */
const countMs = 1_000
/** Changes of one append. */
const atOnce = 500
/** A roster of counts names members again once it is so far below `maxMembers`. */
const backAt = 0.8

export class Planner {
  /** Keys of which the roster, or other nodes, may have to be told something. */
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
  plan(): Plan {
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

  #memberChanges(): Plan {
    const { presence, whereabouts } = this.#options
    const { entries, readers, writer, moves } = whereabouts
    const changes: Change<Member>[] = []
    const moved = new Map<string, number | undefined>()
    let size = entries.members.size
    for (const key of this.dirty) {
      const entry = entries.get(key)
      const present = readers.get(key)
      const wish = present && wishOf(present, entry, presence.on)
      const change = this.#changeOf(key, entry, wish)
      const waits = entry !== undefined && change !== undefined && this.#isEarly(change, present, entry)
      if (!change || waits) {
        const here = movedHere(entry, wish, writer, moves.of(key))
        if (here !== whereabouts.movedHere(key)) moved.set(key, here)
        else if (!change) this.dirty.delete(key)
        if (!change) settle(present)
        continue
      }
      if (!entry && ++size > presence.maxMembers) {
        const all = { writer, movedOf: (one: string) => moves.of(one) }
        return { changes: intoCounts(entries.members, ...this.#here(), all), moved: new Map() }
      }
      changes.push(change)
      if (changes.length + moved.size >= atOnce) break
    }
    return { changes, moved }
  }

  /** Another number of connections is told by a node on which the member is. */
  #changeOf(key: string, entry: Member | undefined, wish: Wish | undefined): Change<Member> | undefined {
    const { writer, moves } = this.#options.whereabouts
    const change = memberChange(key, entry, wish, writer, moves.of(key))
    return change?.isRecount && !wish ? undefined : change
  }

  /** It is joined with what comes of the same member soon. */
  #isEarly({ isRecount, value }: Change<Member>, present: Present | undefined, entry: Member): boolean {
    const now = performance.now()
    if (!present) return false
    if (now - present.writtenAt < memberMs) return true
    if (!isRecount) return false
    const fewer = value !== undefined && value.connections < entry.connections
    if (fewer && this.#options.whereabouts.namesDead(entry)) return false
    present.recountAt ??= now
    const { presence, leases, nodeLeaseMs, whereabouts } = this.#options
    const others = Object.keys(whereabouts.elsewhere(entry.member))
    // A client that renews its stream, or goes to another transport or node, has two for a moment.
    const wait = Math.min(nodeLeaseMs / (others.length > 0 ? 2 : 4), presence.graceMs)
    if (now - present.recountAt < wait) return true
    // Who seems to have come besides may have come from a node that is dead: that it lives has to be heard first.
    const since = present.recountAt
    return !fewer && !others.every((node) => leases.isHeardSince(node, since))
  }

  /** What was said of single members besides the roster is taken back. */
  #countChanges(): Plan {
    const { presence, whereabouts } = this.#options
    const { count } = whereabouts.entries
    const moved = new Map<string, undefined>()
    for (const key of this.dirty) if (whereabouts.movedHere(key) !== undefined) moved.set(key, undefined)
    if (performance.now() - this.#countedAt < countMs) return { changes: [], moved }
    const change = countChange(count, ...this.#here(), whereabouts.writer)
    const members = change?.value?.members ?? count?.members ?? 0
    if (count && presence.maxMembers > 0 && members <= presence.maxMembers * backAt) {
      return { changes: [gone(countKey, 'mode')], moved }
    }
    if (!change && moved.size === 0) this.dirty.clear()
    return { changes: change ? [change] : [], moved }
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
