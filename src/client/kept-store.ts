/** Where a reload loses nothing of the outbox: IndexedDB. Loaded with the sender. */
import { AnywireError } from '../protocol/error.js'
import { within } from './deadline.js'
import {
  type DraftKey,
  type KeptDraft,
  type KeptPlace,
  MemoryOutbox,
  type OutboxStore,
  type Slot,
} from './outbox-store.js'
import { hold } from './tabs/locks.js'

/** The name of the one object store. */
const records = 'records'
/**
 * A database or lock manager that takes longer, while publishes could be sent, is done without: some never answer
 * (WebKit bug 226547).
 */
const answerMs = 2_000

/**
 * Without IndexedDB or Web Locks, and once the owner cannot be known, it is as memory: on an insecure origin, in some
 * private windows. What a page publishes before it knows who its user is, is kept at once; nothing that was left is
 * handed out before.
 */
export async function openKeptStore({ database, owner }: KeptPlace): Promise<OutboxStore> {
  const store = new KeptStore(database)
  const attempt = (work: Promise<void>) =>
    Promise.race([work, owner.name.then(() => within(answerMs, work))]).catch(() => store.forget())
  const known = await owner.inTime
  if (!known) await attempt(store.begin(owner.guess))
  const taken = owner.name.then((name) => (name !== undefined ? attempt(store.take(name)) : undefined))
  store.left = taken.then(() => store.drafts)
  if (known) await taken
  return store
}

class KeptStore extends MemoryOutbox {
  readonly #name: string
  /** The lock of each slot that is held, as what releases it. */
  readonly #locks = new Map<string, (() => void) | undefined>()
  #database: IDBDatabase | undefined
  #closed = false
  drafts: readonly KeptDraft[] = []

  constructor(name: string) {
    super()
    this.#name = name
  }

  /** Begins in a fresh slot. @throws where there is no database or lock */
  async begin(guess: string | undefined): Promise<void> {
    await this.#open()
    await this.#lock(this.own.key[0])
    this.own.owner = guess
    await this.#enter([this.own])
  }

  /**
   * Takes what closed pages left to `owner`, and the first free slot unless it has begun in a fresh one.
   * @throws as `begin`
   */
  async take(owner: string): Promise<void> {
    if (this.#closed) return
    const fresh = this.own
    await this.#open()
    for (const { key } of [...slotsOf(owner, await this.#read()), fresh]) await this.#lock(key[0])
    // Read again: until it is held a slot may change.
    const found = await this.#read()
    const free = slotsOf(owner, found).filter(({ key }) => key[0] !== fresh.key[0] && this.#locks.get(key[0]))
    const drafts = free.flatMap((slot) => found.filter((one): one is KeptDraft => 'draft' in one && isOf(slot, one)))
    const own = (this.firstEpoch === 0 && free[0]) || fresh
    const slots: [Slot, ...Slot[]] = [
      own,
      ...free.filter((slot) => slot !== own && drafts.some((draft) => isOf(slot, draft))),
    ]
    for (const [producer, release] of this.#locks) if (!slots.some(({ key }) => key[0] === producer)) release?.()
    for (const slot of slots) slot.owner = owner
    await this.#enter(slots)
    this.drafts = drafts
  }

  /** Does without the database from now on. */
  forget(): void {
    this.close()
    this.#database = undefined
  }

  override put(kept: readonly KeptDraft[], slot?: Slot): Promise<boolean> {
    const change = (store: IDBObjectStore) => {
      for (const { key, draft, epoch, seq } of kept) store.put({ key, draft, epoch, seq })
      if (slot) store.put(slot)
    }
    // Nothing waits for a draft to be kept, however slow the database is.
    return slot ? this.#attempt(change) : this.#write(change).catch(() => false)
  }

  override remove(key: DraftKey): Promise<boolean> {
    return this.#attempt((store) => store.delete([...key] as (string | number)[]))
  }

  override close(): void {
    this.#closed = true
    this.#database?.close()
    for (const release of this.#locks.values()) release?.()
  }

  async #open(): Promise<void> {
    if (this.#database) return
    const opening = indexedDB.open(this.#name, 1)
    opening.onupgradeneeded = () => opening.result.createObjectStore(records, { keyPath: 'key' })
    this.#database = await ended(opening)
  }

  /** The first is the own one from now on, in an epoch that is written down before anything is sent in it. */
  async #enter(slots: readonly [Slot, ...Slot[]]): Promise<void> {
    const [own] = slots
    if (this.firstEpoch === 0) own.epoch++
    await this.#write((store) => {
      for (const slot of slots) store.put(slot)
    })
    if (this.#closed) return
    this.own = own
    this.firstEpoch ||= own.epoch
    this.slots = slots
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

  #read(): Promise<(Slot | KeptDraft)[]> {
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

/** The slots of `owner`, and those without an owner yet. */
function slotsOf(owner: string, found: readonly (Slot | KeptDraft)[]): Slot[] {
  return found.filter((one): one is Slot => !('draft' in one) && (one.owner ?? owner) === owner)
}

function isOf(slot: Slot, { key }: KeptDraft): boolean {
  return key[0] === slot.key[0]
}
