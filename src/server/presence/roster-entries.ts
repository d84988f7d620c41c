/** What a roster says now: its members or its count, and which nodes it names. */
import { type Count, countKey, isCount, type Member } from './member.js'

export class RosterEntries {
  readonly #members = new Map<string, Member>()
  #count: Count | undefined
  /** How many entries name a node. */
  readonly #references = new Map<string, number>()

  get members(): ReadonlyMap<string, Member> {
    return this.#members
  }

  get count(): Count | undefined {
    return this.#count
  }

  /** Ids of the nodes that it names. */
  get nodes(): Iterable<string> {
    return this.#references.keys()
  }

  get(key: string): Member | undefined {
    return this.#members.get(key)
  }

  clear(): void {
    this.#members.clear()
    this.#references.clear()
    this.#count = undefined
  }

  /** Takes in what a key holds now; undefined: nothing. */
  set(key: string, value: Member | Count | undefined): void {
    this.#refer(key === countKey ? this.#count : this.#members.get(key), -1)
    this.#refer(value, 1)
    if (key === countKey) this.#count = isCount(value) ? value : undefined
    else if (value) this.#members.set(key, value as Member)
    else this.#members.delete(key)
  }

  #refer(value: Member | Count | undefined, by: 1 | -1): void {
    if (!value) return
    for (const node of Object.keys(value.nodes)) {
      const count = (this.#references.get(node) ?? 0) + by
      if (count === 0) this.#references.delete(node)
      else this.#references.set(node, count)
    }
  }
}
