/** What was shown last, in IndexedDB: pages of channels and documents of one principal. */
import type { AnywireError } from '../../protocol/error.js'
import type { DocumentParts } from '../cached.js'
import { within } from '../deadline.js'
import { type Changing, createSignal } from '../signal.js'
import { type Bounds, type Entry, type EntryKey, type Ledger, noted, same } from './ledger.js'
import type { CachePlace } from './place.js'

/** What is kept is not waited for any longer: some databases never answer (WebKit bug 226547). */
const answerMs = 5_000
/** Updates of a document that are kept one by one. One more, and they are merged. */
const maxParts = 100
const records = 'records'

export interface KeptParts<Value> {
  readonly at: number
  /** One of a page, all updates of a document. */
  readonly values: readonly Value[]
}

interface Part {
  readonly key: readonly string[]
  readonly value: unknown
}

/** What of an entry is written, and how large all of it is then. */
type Written = Pick<Entry, 'bytes' | 'parts'>
type Write = (store: IDBObjectStore, before: Entry | undefined) => Promise<Written>

let parts = 0
/** No other page writes parts of this name. */
const pageName = Math.random().toString(36).slice(2)

export class Shelf {
  readonly #place: CachePlace | undefined
  readonly #bounds: Bounds
  #database: IDBDatabase | undefined
  /** Whose it is: as long as the server has not been asked, the one whom it was told last. */
  readonly owner: Changing<string | undefined> = createSignal<string | undefined>(undefined)
  /** The server has said so. */
  #isSure = false
  #isAsked = false
  #confirm: (mine: boolean) => void = () => {}
  /** Whether what was read before the server was asked is this principal's. */
  readonly confirmed = new Promise<boolean>((resolve) => {
    this.#confirm = resolve
  })
  readonly #ready: Promise<void>

  /** Without a place nothing is kept, and nothing found. */
  constructor(place: CachePlace | undefined) {
    const { cache } = place?.options ?? {}
    const { maxChannels = 100, maxBytes = 16_777_216 } = typeof cache === 'object' ? cache : {}
    this.#place = place
    this.#bounds = { maxChannels, maxBytes }
    this.#ready =
      place && 'indexedDB' in globalThis ? within(answerMs, this.#begin(place)).catch(() => {}) : Promise.resolve()
  }

  /** There is a connection: so it can be known whom the server takes us for. */
  async connected(): Promise<void> {
    await this.#ready
    if (!this.#place) return
    const { owner } = this.#place
    let name = await owner.name
    if (name === undefined && !this.#isAsked) {
      // It could not be known when it was asked for first.
      this.#isAsked = true
      await owner.renew(undefined)
      name = await owner.name
    }
    if (!this.#isSure || name !== this.owner.value) await this.#claim(name)
  }

  /** Undefined if nothing is kept, or it is another's. */
  async read<Value>(key: EntryKey): Promise<KeptParts<Value> | undefined> {
    await this.#ready
    return within(answerMs, this.#find<Value>(key)).catch(() => undefined)
  }

  async #find<Value>(key: EntryKey): Promise<KeptParts<Value> | undefined> {
    const store = this.#opened('readonly')
    const entry = (await this.#ledger(store))?.entries.find((one) => same(one.key, key))
    if (!entry) return undefined
    const found = await ended<Part[]>(store.getAll(rangeOf(key)))
    return found.length > 0 ? { at: entry.at, values: found.map(({ value }) => value as Value) } : undefined
  }

  /** Keeps a page, in place of what was kept of it. */
  writePage(key: EntryKey, at: number, bytes: number, value: unknown): Promise<void> {
    return this.#write(key, at, async (store) => {
      store.put({ key: [...key, ''], value })
      return { bytes, parts: 1 }
    })
  }

  /** Keeps one more update of a document. `at` undefined: it is no newer than before. */
  addUpdate(key: EntryKey, at: number | undefined, update: Uint8Array, { whole, merge }: DocumentParts): Promise<void> {
    return this.#write(key, at, async (store, before) => {
      const put = (value: Uint8Array) => store.put({ key: [...key, `${pageName} ${++parts}`], value })
      if (before && before.parts < maxParts) {
        put(update)
        return { bytes: before.bytes + update.length, parts: before.parts + 1 }
      }
      const found = await ended<Part[]>(store.getAll(rangeOf(key)))
      store.delete(rangeOf(key))
      const merged = merge([...found.map(({ value }) => value as Uint8Array), before ? update : whole()])
      put(merged)
      return { bytes: merged.length, parts: 1 }
    })
  }

  /** Keeps nothing of it any more. */
  remove(key: EntryKey): Promise<void> {
    return this.#change((store, ledger) => {
      store.delete(rangeOf(key))
      store.put({ ...ledger, entries: ledger.entries.filter((one) => !same(one.key, key)) })
    })
  }

  /** Whoever may not read it, or is nobody any more, finds nothing. Answers whether that is so. */
  failed(key: EntryKey, { code }: AnywireError): boolean {
    if (code === 'unauthorized') void this.clear()
    else if (['forbidden', 'gone', 'unknown-channel'].includes(code)) void this.remove(key)
    else return false
    return true
  }

  /** Nothing is kept until a page is loaded again: without a ledger nobody writes. */
  async clear(): Promise<void> {
    await this.#ready
    if (!this.#database) return
    const store = this.#opened('readwrite')
    store.clear()
    await ended(store.transaction)
  }

  async #begin({ url, owner, options }: CachePlace): Promise<void> {
    const opening = indexedDB.open(`anywire cache ${url}`, 1)
    opening.onupgradeneeded = () => opening.result.createObjectStore(records, { keyPath: 'key' })
    this.#database = await ended<IDBDatabase>(opening)
    if (await owner.inTime) return this.#claimIf(await owner.name)
    const ledger = await ended<Ledger | undefined>(this.#opened('readonly').get('ledger'))
    if (ledger && ledger.principal === options.principal) this.owner.set(ledger.owner)
    void owner.name.then((name) => this.#claimIf(name))
  }

  /** Whom the server refuses, or did not answer, is not known to be another. */
  async #claimIf(name: string | undefined): Promise<void> {
    if (name !== undefined) await this.#claim(name)
  }

  /** It is `name`'s from now on. What is another's is deleted first. */
  async #claim(name: string | undefined): Promise<void> {
    await this.#hand(name).catch(() => {})
    const before = this.owner.value
    this.#isSure = true
    this.#confirm(before === undefined || before === name)
    this.owner.set(name)
  }

  async #hand(name: string | undefined): Promise<void> {
    const store = this.#opened('readwrite')
    const ledger = await ended<Ledger | undefined>(store.get('ledger'))
    if (ledger?.owner !== name) {
      store.clear()
      if (name !== undefined) {
        const empty: Ledger = { key: 'ledger', owner: name, principal: this.#place?.options.principal, entries: [] }
        store.put(empty)
      }
    }
    await ended(store.transaction)
  }

  #write(key: EntryKey, newAt: number | undefined, write: Write): Promise<void> {
    return this.#change(async (store, ledger) => {
      const before = ledger.entries.find((one) => same(one.key, key))
      const at = newAt ?? before?.at ?? Date.now()
      const { stay, go } = noted(ledger.entries, { key, at, ...(await write(store, before)) }, this.#bounds)
      for (const one of go) store.delete(rangeOf(one.key))
      store.put({ ...ledger, entries: stay })
    })
  }

  /** All in one step, as long as it is ours. What fails leaves all as it was. */
  async #change(change: (store: IDBObjectStore, ledger: Ledger) => unknown): Promise<void> {
    if (!this.#database) await this.#ready
    try {
      const store = this.#opened('readwrite')
      const ledger = await this.#ledger(store)
      if (!ledger) return
      try {
        await change(store, ledger)
      } catch {
        store.transaction.abort()
      }
      await ended(store.transaction)
    } catch {}
  }

  async #ledger(store: IDBObjectStore): Promise<Ledger | undefined> {
    const ledger = await ended<Ledger | undefined>(store.get('ledger'))
    return ledger?.owner === this.owner.value ? ledger : undefined
  }

  /** @throws where there is no database */
  #opened(mode: IDBTransactionMode): IDBObjectStore {
    if (!this.#database) throw new TypeError('There is no database.')
    return this.#database.transaction(records, mode).objectStore(records)
  }
}

/** All parts of an entry: an array is behind every string. */
function rangeOf(key: EntryKey): IDBKeyRange {
  return IDBKeyRange.bound([...key], [...key, []])
}

function ended<T = unknown>(work: IDBRequest<T> | IDBTransaction): Promise<T> {
  return new Promise((resolve, reject) => {
    const done = () => resolve((work as IDBRequest<T>).result)
    const failed = () => reject(work.error)
    // A request knows `success` and `error`, a transaction `complete` and `abort`.
    Object.assign(work, { onsuccess: done, oncomplete: done, onerror: failed, onabort: failed })
  })
}
