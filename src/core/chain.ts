/** A linked list in the order of adding. The links are in the entries, so adding and removing need no memory. */

/** What can be in one chain at a time. Set by the chain. */
export interface Linked<T> {
  older: T | undefined
  newer: T | undefined
}

export class Chain<T extends Linked<T>> {
  #oldest: T | undefined
  #newest: T | undefined
  #size = 0

  get oldest(): T | undefined {
    return this.#oldest
  }

  get size(): number {
    return this.#size
  }

  has(entry: T): boolean {
    return entry.older !== undefined || this.#oldest === entry
  }

  /** Adds it as the newest, or moves it there. */
  add(entry: T): void {
    if (this.#newest === entry) return
    this.remove(entry)
    entry.older = this.#newest
    if (this.#newest) this.#newest.newer = entry
    else this.#oldest = entry
    this.#newest = entry
    this.#size++
  }

  /** Nothing happens for one that is not in it. */
  remove(entry: T): void {
    if (!this.has(entry)) return
    if (entry.older) entry.older.newer = entry.newer
    else this.#oldest = entry.newer
    if (entry.newer) entry.newer.older = entry.older
    else this.#newest = entry.older
    entry.older = undefined
    entry.newer = undefined
    this.#size--
  }
}
