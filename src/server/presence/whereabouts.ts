/** Where the members of one channel are: what its roster says, what nodes say besides, and who reads on this node. */
import type { ResolvedPresence } from '../../core/rule.js'
import type { ChannelName } from '../../protocol/name.js'
import { elsewhere, sumOf, type Writer } from './changes.js'
import type { Leases, LeasesContext } from './leases.js'
import { type Count, countKey, type Member, type Nodes } from './member.js'
import { Moves } from './moves.js'
import { Readers } from './readers.js'
import { RosterEntries } from './roster-entries.js'

export interface WhereaboutsOptions {
  readonly context: LeasesContext
  readonly channel: ChannelName
  readonly presence: ResolvedPresence
  readonly leases: Leases
  /** What is to be said of a member may have changed. */
  readonly changed: (key: string) => void
}

export class Whereabouts {
  readonly entries = new RosterEntries()
  readonly moves: Moves
  readonly readers: Readers
  readonly writer: Writer
  readonly #options: WhereaboutsOptions
  /** The roster is read anew: what it says of this node's readers is to be compared. */
  #isNew = true
  /** Deaths of nodes after which it was swept last. */
  #sweptAt = 0

  constructor(options: WhereaboutsOptions) {
    const { context, channel, presence, leases, changed } = options
    this.#options = options
    this.writer = { me: leases.id, isDead: (node) => leases.isDead(node) }
    this.readers = new Readers({
      wheel: context.delivery.wheel,
      graceMs: presence.graceMs,
      now: () => leases.now(),
      changed,
    })
    this.moves = new Moves({
      context,
      channel,
      me: leases.id,
      changing: (key, change) => this.#changing(key, change),
      anew: () => this.touchReaders(),
    })
  }

  /** Nodes that are named, this one left out. */
  others(): string[] {
    return [...new Set([...this.entries.nodes, ...this.moves.nodes()])].filter((node) => node !== this.writer.me)
  }

  /** On which other nodes a member of the roster has connections. */
  elsewhere(key: string): Nodes {
    return elsewhere(this.entries.get(key), this.moves.of(key), this.writer)
  }

  /** What this node has said of a member besides the roster. */
  movedHere(key: string): number | undefined {
    return this.moves.of(key)[this.writer.me]
  }

  namesDead({ nodes }: Member | Count): boolean {
    return Object.keys(nodes).some(this.writer.isDead)
  }

  /** What the roster said is void, and told anew. */
  cleared(): void {
    this.entries.clear()
    this.#sweptAt = 0
    this.#isNew = true
  }

  /** Another node, or this one, has written to the roster. */
  heard(key: string, value: Member | Count | undefined): void {
    this.#changing(key, () => this.set(key, value))
    if (value && this.namesDead(value)) this.#options.changed(key)
  }

  /** All of the roster is known. */
  settled(): void {
    if (this.#isNew) this.touchReaders()
    this.#isNew = false
  }

  /** Takes in what the roster says of a key. */
  set(key: string, value: Member | Count | undefined): void {
    const counted = this.entries.count !== undefined
    this.entries.set(key, value)
    if (counted && !this.entries.count) this.touchReaders()
  }

  touchReaders(): void {
    for (const key of this.readers.keys()) this.#options.changed(key)
  }

  /** Lets what dead nodes said be taken back. What comes of them afterwards is taken back as it comes. */
  sweep(): void {
    const { leases, changed, context } = this.#options
    const { deaths } = leases
    if (this.#sweptAt === deaths || !this.moves.whole || !this.others().some(this.writer.isDead)) return
    this.#sweptAt = deaths
    for (const [key, entry] of this.entries.members) if (this.namesDead(entry)) changed(key)
    // Of some the roster does not know that they had gone there.
    for (const key of this.moves.membersOf(this.writer.isDead)) changed(key)
    changed(countKey)
    this.moves.forget(this.writer.isDead).catch((thrown) => {
      this.#sweptAt = 0
      context.report(thrown)
    })
  }

  close(): void {
    this.readers.close()
    this.moves.close()
  }

  /** What is known of a member changes by `change`: who was cut off here may have come to another node. */
  #changing(key: string, change: () => void): void {
    const before = this.readers.get(key) && !this.#isNew ? this.#countElsewhere(key) : undefined
    // Another node may take back what a dead one said, and die before it has written that the member has left.
    const concerned = this.#concerns(key)
    change()
    if (before !== undefined) this.readers.movedAway(key, Math.max(0, this.#countElsewhere(key) - before))
    if (concerned || this.readers.get(key) || this.#concerns(key)) this.#options.changed(key)
  }

  /** What is said of a member names this node, or one that is dead. */
  #concerns(key: string): boolean {
    const { me, isDead } = this.writer
    const moved = Object.keys(this.moves.of(key))
    return moved.includes(me) || moved.some(isDead) || this.entries.get(key)?.nodes[me] !== undefined
  }

  #countElsewhere(key: string): number {
    return sumOf(this.elsewhere(key))
  }
}
