/** Where the outbox keeps what waits: IndexedDB, where a reload must not lose it, or memory. */
import { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'
import { within } from './deadline.js'
import { freshName } from './tabs/line.js'
import { hold } from './tabs/locks.js'

/** What is to be published. Neither `data` nor `base64`: a tombstone of its key. */
export interface Draft {
  readonly channel: ChannelName
  /** Any JSON value. */
  readonly data?: unknown
  readonly base64?: string | undefined
  readonly event?: string | undefined
  readonly key?: string | undefined
}

/** A slot has its producer and 0. A draft has the epoch in which its page began, and its place among the drafts of that page. */
export type Key = readonly [producer: string, epoch: number, place?: number]

/** A producer: one page at a time publishes as it. */
export interface Slot {
  /** Sorted before those of its drafts. */
  readonly key: Key
  /** The newest epoch that was begun. */
  epoch: number
}

/** A draft with the number under which it is sent. */
export interface Kept {
  readonly key: Key
  readonly draft: Draft
  readonly epoch: number
  readonly seq: number
}

export interface OutboxStore {
  /** As whom this page publishes; its epoch is one that nothing was sent under. */
  readonly own: Slot
  /** That one, and those of `drafts`. */
  readonly slots: readonly Slot[]
  /** What earlier pages left, in order. */
  readonly drafts: readonly Kept[]
  /** A key of the own slot that was not used before, behind all that were. */
  key(): Key
  /** Writes are done in the order of the calls, each wholly or not at all. Answers whether it survives a reload. MUST settle, and MUST NOT reject. */
  put(kept: readonly Kept[], slot?: Slot): Promise<boolean>
  /** As `put`. */
  remove(key: Key): Promise<unknown>
  close(): void
}

/** The name of the one object store. */
const records = 'records'
/** A database or lock manager that has not answered by then is done without: some never answer (WebKit bug 226547). */
const answerMs = 2_000

/** Without a name, an IndexedDB or Web Locks it is memory, where every write fails: on an insecure origin, in some private windows, in Node. */
export async function openOutboxStore(name?: string): Promise<OutboxStore> {
  const store = new Records(name)
  try {
    await within(answerMs, store.take())
  } catch {
    store.forget()
  }
  return store
}

class Records implements OutboxStore {
  readonly #name: string | undefined
  /** The lock of each slot that is held, as what releases it. */
  readonly #locks = new Map<string, (() => void) | undefined>()
  #database: IDBDatabase | undefined
  #closed = false
  #places = 0
  // Begins with the time, so that what earlier pages left is in the order of the pages.
  #own: Slot = { key: [`${Date.now()} ${freshName()}`, 0], epoch: 0 }
  /** The epoch that no earlier page has used: part of the keys of this page's drafts. */
  #firstEpoch = 0
  slots: readonly Slot[] = [this.#own]
  drafts: readonly Kept[] = []

  constructor(name: string | undefined) {
    this.#name = name
  }

  get own(): Slot {
    return this.#own
  }

  /** Takes the first free slot, and beside it those that hold what closed pages left. @throws where there is no database or lock */
  async take(): Promise<void> {
    if (this.#name === undefined) return
    const fresh = this.#own
    const opening = indexedDB.open(this.#name, 1)
    opening.onupgradeneeded = () => opening.result.createObjectStore(records, { keyPath: 'key' })
    this.#database = await ended(opening)
    for (const { key } of [...(await this.#read()), fresh]) await this.#lock(key[0])
    // Read again: until it is held a slot may change.
    const mine = [...(await this.#read()), fresh].filter(({ key }) => this.#locks.get(key[0]))
    const drafts = mine.filter((record) => 'draft' in record)
    const slots = mine.filter((record): record is Slot => !('draft' in record))
    const own = slots[0]!
    for (const [producer, release] of this.#locks)
      if (producer !== own.key[0] && !drafts.some(({ key }) => key[0] === producer)) release?.()
    // Written before anything is sent under it.
    own.epoch++
    await this.#write((store) => store.put(own))
    if (this.#closed) return
    this.#own = own
    this.#firstEpoch = own.epoch
    this.slots = slots
    this.drafts = drafts
  }

  /** Does without the database from now on. */
  forget(): void {
    this.close()
    this.#database = undefined
  }

  key(): Key {
    return [this.#own.key[0], this.#firstEpoch, ++this.#places]
  }

  put(kept: readonly Kept[], slot?: Slot): Promise<boolean> {
    return this.#attempt((store) => {
      for (const { key, draft, epoch, seq } of kept) store.put({ key, draft, epoch, seq })
      if (slot) store.put(slot)
    })
  }

  remove(key: Key): Promise<boolean> {
    return this.#attempt((store) => store.delete([...key] as (string | number)[]))
  }

  close(): void {
    this.#closed = true
    this.#database?.close()
    for (const release of this.#locks.values()) release?.()
  }

  async #lock(producer: string): Promise<void> {
    if (this.#locks.has(producer)) return
    const release = await hold(`${this.#name} ${producer}`, { ifAvailable: true })
    this.#locks.set(producer, release)
    // Given up meanwhile.
    if (this.#closed) this.close()
  }

  #opened(): IDBObjectStore {
    // A database that was opened after it was given up is closed as well.
    if (this.#closed) this.#database?.close()
    return this.#database!.transaction(records, 'readwrite').objectStore(records)
  }

  #read(): Promise<(Slot | Kept)[]> {
    return ended(this.#opened().getAll())
  }

  async #write(change: (store: IDBObjectStore) => void): Promise<boolean> {
    const store = this.#opened()
    change(store)
    await ended(store.transaction)
    return true
  }

  /** A write that is not answered is the last one: the others would wait as long. */
  async #attempt(change: (store: IDBObjectStore) => void): Promise<boolean> {
    if (!this.#database) return false
    try {
      return await within(answerMs, this.#write(change))
    } catch (thrown) {
      if (thrown instanceof AnywireError) this.#database = undefined
      return false
    }
  }
}

function ended<T = unknown>(work: IDBRequest<T> | IDBTransaction): Promise<T> {
  return new Promise((resolve, reject) => {
    const done = () => resolve((work as IDBRequest<T>).result)
    // A request knows `success` and `error`, a transaction `complete` and `abort`.
    Object.assign(work, { onsuccess: done, oncomplete: done, onerror: reject, onabort: reject })
  })
}
