/** Where the outbox keeps what waits: IndexedDB, where a reload must not lose it, or memory. */
import type { ChannelName } from '../protocol/name.js'
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

export type Key = readonly [producer: string, place: number]

/** A producer: one page at a time publishes as it. */
export interface Slot {
  /** Its id, and 0: its place before its drafts. */
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
  /** Writes are done in the order of the calls, each wholly or not at all. Answers whether it survives a reload. MUST NOT reject. */
  put(kept: readonly Kept[], slot?: Slot): Promise<boolean>
  /** As `put`. */
  remove(key: Key): Promise<unknown>
  close(): void
}

const records = 'records'

/** Without a name, an IndexedDB or Web Locks it is memory, where every write fails: on an insecure origin, in some private windows, in Node. */
export async function openOutboxStore(name?: string): Promise<OutboxStore> {
  // Begins with the time, so that what earlier pages left is in the order of the pages.
  const fresh: Slot = { key: [Date.now() + freshName(), 0], epoch: 0 }
  const locks = new Map<string, (() => void) | undefined>()
  let database: IDBDatabase | undefined

  const opened = () => database!.transaction(records, 'readwrite').objectStore(records)
  const read = () => ended<(Slot | Kept)[]>(opened().getAll())
  const write = async (change: (store: IDBObjectStore) => void) => {
    const store = opened()
    change(store)
    await ended(store.transaction)
    return true
  }
  const attempt = (change: (store: IDBObjectStore) => void) => write(change).catch(() => false)
  const close = () => {
    database?.close()
    for (const release of locks.values()) release?.()
  }

  /** Takes the first free slot, and beside it those that hold what closed pages left. */
  const take = async () => {
    const opening = indexedDB.open(name!, 1)
    opening.onupgradeneeded = () => opening.result.createObjectStore(records, { keyPath: 'key' })
    database = await ended(opening)
    for (const { key } of [...(await read()), fresh])
      if (!locks.has(key[0])) locks.set(key[0], await hold(`${name} ${key[0]}`, { ifAvailable: true }))
    // Read again: until it is held a slot may change.
    const mine = [...(await read()), fresh].filter(({ key }) => locks.get(key[0]))
    const drafts = mine.filter((record) => 'draft' in record)
    const slots = mine.filter((record): record is Slot => !('draft' in record))
    const own = slots[0]!
    for (const [producer, release] of locks)
      if (producer !== own.key[0] && !drafts.some(({ key }) => key[0] === producer)) release?.()
    // Written before anything is sent under it.
    own.epoch++
    await write((store) => store.put(own))
    return { slots, drafts }
  }
  const nothing = () => {
    close()
    database = undefined
    return { slots: [fresh], drafts: [] }
  }
  const { slots, drafts } = name ? await take().catch(nothing) : nothing()
  const own = slots[0]!
  let place = own.epoch * 1e9

  return {
    own,
    slots,
    drafts,
    key: () => [own.key[0], ++place],
    put: (kept, slot) =>
      attempt((store) => {
        for (const { key, draft, epoch, seq } of kept) store.put({ key, draft, epoch, seq })
        if (slot) store.put(slot)
      }),
    remove: ([...key]) => attempt((store) => store.delete(key)),
    close,
  }
}

function ended<T = unknown>(work: IDBRequest<T> | IDBTransaction): Promise<T> {
  return new Promise((resolve, reject) => {
    // A request knows `success` and `error`, a transaction `complete` and `abort`.
    const done = () => resolve((work as IDBRequest<T>).result)
    Object.assign(work, { onsuccess: done, oncomplete: done, onerror: reject, onabort: reject })
  })
}
