/** The newest page of a channel: what is kept of it, until the server answers; and what it answers, which is kept. */
import { AnywireError } from '../../protocol/error.js'
import { isOffset, type Offset } from '../../protocol/offset.js'
import { batchMicrotask } from '../batch.js'
import type { CachedPage, PageOptions, PageView } from '../cached.js'
import type { Client } from '../client.js'
import { createDeferred } from '../deferred.js'
import type { Item, MessageItem } from '../item.js'
import { type Changing, createSignal } from '../signal.js'
import type { Subscription } from '../subscription.js'
import type { EntryKey } from './ledger.js'
import type { Shelf } from './shelf.js'

/** Largest `last-N`. */
const maxMessages = 1_000
/** It is written no more often. */
const writeMs = 1_000
/**
 * What is younger is read on behind, as after a reload. Behind what is older there may be much more than a page, which
 * is read anew.
 */
const resumeMs = 60_000
/** There is nothing if nothing has come so long after reading began. */
const emptyMs = 100

export type PageClient = Pick<Client, 'state' | 'subscribe'>

interface Kept {
  readonly position: Offset
  readonly messages: readonly MessageItem[]
}

export class OwnPage implements CachedPage {
  readonly channel: string
  readonly view: Changing<PageView | undefined> = createSignal<PageView | undefined>(undefined)
  readonly #client: PageClient
  readonly #shelf: Shelf
  readonly #key: EntryKey
  readonly #from: string
  readonly #how: Omit<PageOptions, 'from'>
  readonly #closed = createDeferred<void>()
  readonly #ends: (() => void)[]
  /** By their keys in a snapshot, otherwise by their offsets. */
  #messages = new Map<string, MessageItem>()
  readonly #most: number
  #position: Offset | undefined
  #reading: Subscription | undefined
  /** What comes next belongs to what is shown. */
  #goesOn = false
  /** Undefined once the server has answered. */
  #asOf: number | undefined
  #isLive = false
  #isOver = false
  /** There is no connection since then, in milliseconds since 1970. Zero: there is one. */
  #awaySince = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #isNew = false

  constructor(client: PageClient, shelf: Shelf, channel: string, { from = 'last-100', ...how }: PageOptions) {
    this.#most = mostOf(from)
    this.channel = channel
    this.#client = client
    this.#shelf = shelf
    this.#key = ['page', channel, from]
    this.#from = from
    this.#how = how
    this.#closed.promise.catch(() => {})
    globalThis.addEventListener?.('pagehide', this.#save)
    this.#ends = [
      () => globalThis.removeEventListener?.('pagehide', this.#save),
      client.state.subscribe((state) => {
        if (state !== 'open' && this.#awaySince === 0) this.#awaySince = Date.now()
        if (state === 'open') this.#awaySince = 0
      }),
    ]
    this.#begin().catch((thrown) => this.#end(AnywireError.from(thrown)))
  }

  get closed(): Promise<void> {
    return this.#closed.promise
  }

  readonly close = (): void => this.#end()

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  async #begin(): Promise<void> {
    const { at = 0, values: [kept] = [] } = (await this.#shelf.read<Kept>(this.#key)) ?? {}
    if (this.#isOver) return
    let owner = this.#shelf.owner.value
    const changed = this.#shelf.owner.subscribe((next) => {
      // What is shown by now is another's. Who was not known before is none.
      if (owner !== undefined) this.#anew()
      owner = next
    })
    this.#ends.push(changed)
    if (!kept) return this.#read(this.#from)
    for (const message of kept.messages) this.#add(message)
    this.#position = kept.position
    this.#asOf = at
    this.#show()
    const leftMs = at + resumeMs - Date.now()
    if (this.#from === 'snapshot' || leftMs <= 0) return this.#read(this.#from)
    this.#read(kept.position)
    this.#timer = setTimeout(() => this.#isLive || this.#read(this.#from), leftMs)
  }

  #read(at: string): void {
    this.#reading?.close()
    this.#goesOn = isOffset(at)
    this.#isLive = false
    const reading = this.#client.subscribe<string, unknown>(this.channel, { ...this.#how, from: at }, (item) =>
      this.#take(item),
    )
    this.#reading = reading
    const begun = (offset: Offset) => {
      if (reading !== this.#reading || this.#isLive) return
      this.#position = offset
      if (this.#goesOn) this.#answered()
      else setTimeout(() => reading === this.#reading && !this.#isLive && this.#answered(), emptyMs)
    }
    const ends = (error?: AnywireError) => reading === this.#reading && this.#end(error)
    reading.opened.then(begun, () => {})
    reading.closed.then(() => ends(), ends)
  }

  /** The server has answered: what it does not say any more is gone. */
  #answered(): void {
    if (!this.#goesOn) this.#messages.clear()
    this.#goesOn = true
    this.#isLive = true
    this.#asOf = undefined
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#changed()
  }

  /** Nothing of what is shown holds any more. */
  #anew(): void {
    this.#messages.clear()
    this.#asOf = undefined
    this.view.set(undefined)
    if (this.#reading) this.#read(this.#from)
  }

  #take(item: Item): void {
    if (item.kind === 'gap') {
      if (item.reason === 'conflated') return
      void this.#shelf.remove(this.#key)
      return this.#anew()
    }
    if (!this.#isLive) this.#answered()
    this.#position = item.offset
    if (item.kind === 'message') this.#add(item)
    this.#changed()
  }

  #add(message: MessageItem): void {
    const isSnapshot = this.#from === 'snapshot'
    const { key = '', offset, data } = message
    const place = isSnapshot ? key : offset
    this.#messages.delete(place)
    if (!isSnapshot || (data !== undefined && key)) this.#messages.set(place, message)
    for (const oldest of this.#messages.keys()) {
      if (this.#messages.size <= this.#most) break
      this.#messages.delete(oldest)
    }
  }

  /** Once for all that has come together. */
  readonly #changed = batchMicrotask(() => {
    if (!this.#isLive || this.#isOver) return
    this.#show()
    this.#isNew = true
    if (this.#timer === undefined) this.#save()
  })

  #show(): void {
    this.view.set({ messages: [...this.#messages.values()], asOf: this.#asOf })
  }

  /** What is kept is as the page is, and as new as the connection was. */
  readonly #save = (event?: Event): void => {
    if (!this.#isLive || this.#position === undefined || (!this.#isNew && !event)) return
    this.#isNew = false
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#save()
    }, writeMs)
    const kept: Kept = { position: this.#position, messages: [...this.#messages.values()] }
    const bytes = kept.messages.reduce((sum, message) => sum + sizeOf(message), 0)
    void this.#shelf.writePage(this.#key, this.#awaySince || Date.now(), bytes, kept)
  }

  #end(error?: AnywireError): void {
    if (this.#isOver) return
    this.#isNew = true
    this.#save()
    this.#isOver = true
    clearTimeout(this.#timer)
    for (const end of this.#ends) end()
    const reading = this.#reading
    this.#reading = undefined
    reading?.close()
    if (!error || error.code === 'closed') return this.#closed.resolve()
    if (this.#shelf.failed(this.#key, error)) this.view.set(undefined)
    this.#closed.reject(error)
  }
}

/** How many messages it may hold. */
function mostOf(from: string): number {
  if (from === 'snapshot') return Number.POSITIVE_INFINITY
  const count = Number(/^last-(\d+)$/.exec(from)?.[1])
  if (count > 0 && count <= maxMessages) return count
  throw new AnywireError('bad-request', `"from" of a page is "snapshot" or "last-1" to "last-1000", not "${from}".`)
}

/** Bytes, or letters of JSON. */
function sizeOf({ data, key, event }: MessageItem): number {
  return data instanceof Uint8Array ? data.length : JSON.stringify([data, key, event]).length
}
