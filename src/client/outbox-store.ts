/** Where the outbox keeps what waits: IndexedDB, where a reload must not lose it, or memory. */
import type { ChannelName } from '../protocol/name.js'

/** What is to be published. Neither `data` nor `base64`: a tombstone of its key. */
export interface Draft {
  readonly channel: ChannelName
  /** Any JSON value. */
  readonly data?: unknown
  readonly base64?: string | undefined
  readonly event?: string | undefined
  readonly key?: string | undefined
}

export type Key = readonly [slot: number, place: number]

/** A producer: one page at a time publishes as it. */
export interface Slot {
  /** Its number, and 0: its place before its drafts. */
  readonly key: Key
  readonly producer: string
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
  /** That one, and those of `drafts`, by number. */
  readonly slots: ReadonlyMap<number, Slot>
  /** What earlier pages left, in order. */
  readonly drafts: readonly Kept[]
  /** A key of the own slot that was not used before. */
  key(): Key
  /** Writes are done in the order of the calls, each wholly or not at all. Answers whether it survives a reload. MUST NOT reject. */
  put(kept: readonly Kept[], slot?: Slot): Promise<boolean>
  /** As `put`. */
  remove(key: Key): Promise<unknown>
  close(): void
}

/** Memory is taken where there is no name, no IndexedDB or no Web Locks: on an insecure origin, in some private windows, in Node. */
export async function openOutboxStore(name: string | undefined): Promise<OutboxStore> {
  const releases: Release[] = []
  try {
    if (name !== undefined && globalThis.indexedDB && globalThis.navigator?.locks)
      return await indexed(`anywire:${name}`, releases)
  } catch {
    for (const release of releases) release?.()
  }
  return memoryOutbox()
}

function memoryOutbox(): OutboxStore {
  const own: Slot = { key: [0, 0], producer: newProducer(), epoch: 0 }
  return {
    own,
    slots: new Map([[0, own]]),
    drafts: [],
    key: () => [0, 0],
    put: async () => false,
    remove: async () => undefined,
    close: () => undefined,
  }
}

/** `randomUUID` is for secure origins only. */
const newProducer = () => crypto.getRandomValues(new Uint32Array(4)).join('-')

const records = 'records'

/** Takes the first free slot, and beside it those that hold what closed pages left. What is held is noted in `releases`, by slot. */
async function indexed(name: string, releases: Release[]): Promise<OutboxStore> {
  const opening = indexedDB.open(name, 1)
  opening.onupgradeneeded = () => opening.result.createObjectStore(records, { keyPath: 'key' })
  const database = await ended(opening)
  const write = async (change: (store: IDBObjectStore) => void): Promise<boolean> => {
    const transaction = database.transaction(records, 'readwrite')
    change(transaction.objectStore(records))
    await ended(transaction)
    return true
  }
  const read = () => ended<(Slot | Kept)[]>(database.transaction(records).objectStore(records).getAll())

  const slotsKnown = (await read()).at(-1)?.key[0] ?? 0
  let mine = -1
  for (let slot = 0; mine < 0 || slot <= slotsKnown; slot++) {
    releases[slot] = await hold(`${name}:${slot}`)
    if (mine < 0 && releases[slot]) mine = slot
  }
  // Read again: until it is held a slot may change.
  const slots = new Map<number, Slot>()
  const drafts: Kept[] = []
  let place = 0
  for (const record of await read()) {
    const [slot, at] = record.key
    if (!releases[slot]) continue
    if ('draft' in record) drafts.push(record)
    else slots.set(slot, record)
    if (slot === mine) place = at
  }
  const own = slots.get(mine) ?? { key: [mine, 0], producer: newProducer(), epoch: 0 }
  slots.set(mine, own)
  // Written before anything is sent under it.
  own.epoch++
  await write((store) => store.put(own))
  releases.forEach((release, slot) => {
    if (slot !== mine && !drafts.some(({ key }) => key[0] === slot)) release?.()
  })
  const attempt = (change: (store: IDBObjectStore) => void) => write(change).catch(() => false)
  return {
    own,
    slots,
    drafts,
    key: () => [mine, ++place],
    put: (kept, slot) =>
      attempt((store) => {
        for (const { key, draft, epoch, seq } of kept) store.put({ key, draft, epoch, seq })
        if (slot) store.put(slot)
      }),
    remove: ([...key]) => attempt((store) => store.delete(key)),
    close() {
      database.close()
      for (const release of releases) release?.()
    },
  }
}

type Release = (() => void) | undefined

/** Takes a Web Lock for as long as the page lives, or until it is released; undefined if another page has it. */
function hold(name: string): Promise<Release> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) =>
        lock ? new Promise<void>((release) => resolve(release)) : resolve(undefined),
      )
      .catch(reject)
  })
}

function ended<T = unknown>(work: IDBRequest<T> | IDBTransaction): Promise<T> {
  return new Promise((resolve, reject) => {
    // A request knows `success` and `error`, a transaction `complete` and `abort`.
    const done = () => resolve((work as IDBRequest<T>).result)
    const failed = () => reject(work.error)
    Object.assign(work, { onsuccess: done, oncomplete: done, onerror: failed, onabort: failed })
  })
}
