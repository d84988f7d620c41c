/** Where the members of one channel are: what its roster says, and who reads on this node. */
import type { ResolvedPresence } from '../../core/rule.js'
import type { Writer } from './changes.js'
import type { Leases, LeasesContext } from './leases.js'
import { type Count, countKey, type Member } from './member.js'
import { Readers } from './readers.js'
import { RosterEntries } from './roster-entries.js'

export interface WhereaboutsOptions {
  readonly context: LeasesContext
  readonly presence: ResolvedPresence
  readonly leases: Leases
  /** What is to be said of a member may have changed. */
  readonly changed: (key: string) => void
}

export class Whereabouts {
  readonly entries = new RosterEntries()
  readonly readers: Readers
  readonly writer: Writer
  readonly #options: WhereaboutsOptions
  /** The roster is read anew: what it says of this node's readers is to be compared. */
  #isNew = true

  constructor(options: WhereaboutsOptions) {
    const { context, presence, leases, changed } = options
    this.#options = options
    this.writer = { me: leases.id, isDead: (node) => leases.isDead(node) }
    this.readers = new Readers({
      wheel: context.delivery.wheel,
      graceMs: presence.graceMs,
      now: () => leases.now(),
      changed,
    })
  }

  /** Nodes that are named, this one left out. */
  others(): string[] {
    return [...this.entries.nodes].filter((node) => node !== this.writer.me)
  }

  namesDead({ nodes }: Member | Count): boolean {
    return Object.keys(nodes).some(this.writer.isDead)
  }

  /** What the roster said is void, and told anew. */
  cleared(): void {
    this.entries.clear()
    this.#isNew = true
  }

  /** Another node, or this one, has written to the roster. */
  heard(key: string, value: Member | Count | undefined): void {
    this.set(key, value)
    if (this.readers.get(key) || (value && this.namesDead(value))) this.#options.changed(key)
  }

  /** All of the roster is known. */
  settled(): void {
    if (this.#isNew) this.#touchReaders()
    this.#isNew = false
  }

  /** Takes in what the roster says of a key. */
  set(key: string, value: Member | Count | undefined): void {
    const counted = this.entries.count !== undefined
    this.entries.set(key, value)
    if (counted && !this.entries.count) this.#touchReaders()
  }

  #touchReaders(): void {
    for (const key of this.readers.keys()) this.#options.changed(key)
  }

  /** Lets what dead nodes said be taken back. */
  sweep(): void {
    if (!this.others().some(this.writer.isDead)) return
    const { changed } = this.#options
    for (const [key, entry] of this.entries.members) if (this.namesDead(entry)) changed(key)
    changed(countKey)
  }

  close(): void {
    this.readers.close()
  }
}
