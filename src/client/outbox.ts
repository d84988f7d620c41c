/** The outbox: what is published waits here, in order, until the server has stored it, exactly once. */
import type { PublishRequest } from '../protocol/anywire-frame.js'
import { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'
import { type Draft, type Kept, type Key, type OutboxStore, openOutboxStore } from './outbox-store.js'

export type { Draft } from './outbox-store.js'

export interface Acknowledgement {
  /** The position after the message (for a duplicate: the head of the channel); undefined if the rule stored nothing. */
  readonly offset: string | undefined
  /** It had been stored before: this was a retry. */
  readonly duplicate: boolean
  /** What the rule's `receive` returned. */
  readonly reply: unknown
}

export interface OutboxOptions {
  /** Hands requests to the core, in this order. Each has an id that is unique in this client. */
  readonly send: (requests: readonly PublishRequest[]) => void
  /** Publishes kept until they are acknowledged. @default 1_000 */
  readonly most?: number | undefined
  /** The IndexedDB that keeps them, one for each server and principal. Absent: memory keeps them. */
  readonly name: string | undefined
  /** @default openOutboxStore */
  readonly open?: ((name: string | undefined) => Promise<OutboxStore>) | undefined
}

/*
 * A number (producer, epoch, seq) is never given to two contents, for an earlier request may still be under way somewhere. So there is one way to a new
 * number: the server says that the old one does not fit, and everything before it in the channel is settled; then all that waits in the channel begins
 * a new epoch, which is written down before it is sent. Requests of two epochs are never under way in one channel: the newer would fence the older.
 */
interface Entry {
  readonly draft: Draft
  readonly queued?: (() => void) | undefined
  readonly resolve?: (acknowledgement: Acknowledgement) => void
  readonly reject?: (error: AnywireError) => void
  key: Key
  epoch: number
  seq: number
  /** Its number's name in the ids of requests: any of them may tell that it is stored. */
  name: number
  /** How often it was sent under this number. Only the newest may tell that it is not stored. */
  sent: number
  underWay: boolean
  /** Answered, but not yet removed from the store. */
  settled: boolean
}

/** Publishes under way at once: as many as a server takes from one connection. */
const mostUnderWay = 64
/** An id is a name and how often it was sent before. */
const resends = 2 ** 20

export class Outbox {
  readonly #options: OutboxOptions
  #store: OutboxStore | undefined
  #opening = false
  /** The page was left while nothing waited. */
  #left = false
  #entries: Entry[] = []
  /** The next own number of each channel. */
  readonly #next = new Map<ChannelName, { epoch: number; seq: number }>()
  /** Channels that wait because the server asked for it. */
  readonly #held = new Map<ChannelName, ReturnType<typeof setTimeout>>()
  #names = 0
  /** New epochs being written down. */
  #writing = 0
  #woken = false
  #closed: AnywireError | undefined

  constructor(options: OutboxOptions) {
    this.#options = options
    globalThis.addEventListener?.('pagehide', this.#leave)
    void this.#open()
  }

  /** Publishes that wait for their acknowledgement. */
  get size(): number {
    return this.#entries.length
  }

  /**
   * Resolves when the server has answered. `queued` is called when it would survive a reload.
   * @throws AnywireError `too-many` when full, `bad-request` if `data` is not JSON, `closed`, and whatever the server refuses it with for good.
   */
  async publish(draft: Draft, queued?: () => void): Promise<Acknowledgement> {
    if (this.#closed) throw this.#closed
    const { most = 1_000 } = this.#options
    if (this.size >= most) {
      throw new AnywireError('too-many', `${most} publishes wait already; publish when some are acknowledged.`)
    }
    const copy = { ...draft, ...(draft.data !== undefined && { data: copyOf(draft.data) }) }
    return new Promise((resolve, reject) => {
      const entry = this.#entry({ draft: copy, key: [0, 0], epoch: 0, seq: 0 }, { queued, resolve, reject })
      this.#entries.push(entry)
      if (this.#store) this.#number(entry, this.#store)
      else void this.#open()
      this.#wake()
    })
  }

  /** A link was opened, or another core has taken over: everything that is not answered goes again. */
  linked(): void {
    for (const entry of this.#entries) entry.underWay = false
    this.#release()
    this.#wake()
  }

  published(answer: {
    id: number
    offset?: string | undefined
    duplicate?: boolean | undefined
    reply?: unknown
  }): void {
    const { id, offset, duplicate = false, reply } = answer
    const entry = this.#entries.find((one) => !one.settled && one.name === Math.floor(id / resends))
    if (!entry) return
    entry.resolve?.({ offset, duplicate, reply })
    this.#settle(entry, offset !== undefined)
  }

  refused(id: number, error: AnywireError): void {
    const entry = this.#entries.find((one) => one.underWay && idOf(one) === id)
    if (!entry) return
    const { code, details, meaning } = error
    const { channel } = entry.draft
    const lane = this.#entries.filter((one) => !one.settled && one.draft.channel === channel)
    const misfit = code === 'fenced' || details.expected !== undefined
    if (misfit && entry === lane[0]) this.#renumber(lane, details.epoch)
    else if (misfit || meaning.retry !== 'never') this.#hold(lane.slice(lane.indexOf(entry)), details.retryMs)
    else {
      entry.reject?.(error)
      this.#settle(entry, false)
    }
  }

  /** Rejects what waits. What is kept stays for the next page. */
  close(error = new AnywireError('closed', 'The client is closed.')): void {
    this.#closed = error
    globalThis.removeEventListener?.('pagehide', this.#leave)
    this.#release()
    for (const entry of this.#entries) entry.reject?.(error)
    this.#entries = []
    this.#store?.close()
  }

  async #open(): Promise<void> {
    if (this.#opening) return
    this.#opening = true
    this.#left = false
    const store = await (this.#options.open ?? openOutboxStore)(this.#options.name)
    this.#opening = false
    if (this.#closed || (this.#left && this.size === 0)) return store.close()
    this.#store = store
    for (const entry of this.#entries) this.#number(entry, store)
    this.#entries.unshift(...store.drafts.map((kept) => this.#entry(kept)))
    this.#wake()
  }

  #entry(kept: Kept, waiting: Pick<Entry, 'queued' | 'resolve' | 'reject'> = {}): Entry {
    return { ...kept, ...waiting, name: ++this.#names, sent: 0, underWay: false, settled: false }
  }

  #number(entry: Entry, store: OutboxStore): void {
    const { epoch, seq } = this.#next.get(entry.draft.channel) ?? { epoch: store.own.epoch, seq: 0 }
    this.#next.set(entry.draft.channel, { epoch, seq: seq + 1 })
    Object.assign(entry, { key: store.key(), epoch, seq })
    // It may be sent meanwhile: if the page ends before it is kept, nobody gets its number.
    void store.put([entry]).then((kept) => kept && entry.queued?.())
  }

  #wake(): void {
    if (this.#woken) return
    this.#woken = true
    queueMicrotask(() => {
      this.#woken = false
      this.#send()
    })
  }

  #send(): void {
    if (!this.#store || this.#writing) return
    let room = mostUnderWay - this.#entries.filter((one) => one.underWay).length
    const last = new Map<ChannelName, Entry>()
    const requests: PublishRequest[] = []
    for (const entry of this.#entries) {
      const { draft, key, epoch, seq } = entry
      const before = last.get(draft.channel)
      last.set(draft.channel, entry)
      if (room <= 0 || entry.underWay || entry.settled || this.#held.has(draft.channel)) continue
      if (before && (before.key[0] !== key[0] || before.epoch !== epoch || !(before.underWay || before.settled)))
        continue
      room--
      entry.underWay = true
      entry.sent++
      requests.push({
        ...draft,
        id: idOf(entry),
        producer: { id: this.#store.slots.get(key[0])!.producer, epoch, seq },
      })
    }
    if (requests.length > 0) this.#options.send(requests)
  }

  /** If its number was not used, those behind it will be told so by the server. */
  #settle(entry: Entry, used: boolean): void {
    const next = this.#next.get(entry.draft.channel)
    // Sent once, refused, and nothing behind it: the number is free.
    if (!used && entry.sent === 1 && next?.epoch === entry.epoch && next.seq === entry.seq + 1) next.seq--
    entry.settled = true
    entry.underWay = false
    this.#wake()
    void this.#store?.remove(entry.key).then(() => {
      this.#entries = this.#entries.filter((one) => one !== entry)
      this.#wake()
    })
  }

  /** These go again after a while, under the same numbers. */
  #hold(entries: readonly Entry[], ms?: number): void {
    for (const entry of entries) entry.underWay = false
    const { draft, sent } = entries[0]!
    const { channel } = draft
    const wait = ms ?? Math.min(30_000, 200 * 2 ** sent) * (1 + Math.random())
    clearTimeout(this.#held.get(channel))
    const timer = setTimeout(() => {
      this.#held.delete(channel)
      this.#wake()
    }, wait)
    this.#held.set(channel, timer)
  }

  #release(): void {
    for (const timer of this.#held.values()) clearTimeout(timer)
    this.#held.clear()
  }

  /** The server does not know the numbers (one was not used, or all are forgotten), or knows newer ones. */
  #renumber(lane: readonly Entry[], inForce = 0): void {
    const { key, draft } = lane[0]!
    const same = lane.filter((one) => one.key[0] === key[0])
    const slot = this.#store!.slots.get(key[0])!
    slot.epoch = Math.max(slot.epoch, inForce) + 1
    for (const [seq, entry] of same.entries()) {
      Object.assign(entry, { epoch: slot.epoch, seq, name: ++this.#names, sent: 0, underWay: false })
    }
    if (slot === this.#store!.own) this.#next.set(draft.channel, { epoch: slot.epoch, seq: same.length })
    this.#writing++
    void this.#store!.put(same, slot).then(() => {
      this.#writing--
      this.#wake()
    })
  }

  /** A page that holds a lock is not kept for coming back to. */
  #leave = (): void => {
    if (this.size > 0) return
    this.#left = true
    this.#store?.close()
    this.#store = undefined
    this.#next.clear()
  }
}

function idOf({ name, sent }: Entry): number {
  return name * resends + sent
}

/** What is sent again is the same, whatever the program does to its object meanwhile. */
function copyOf(data: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(data))
  } catch (cause) {
    throw new AnywireError('bad-request', 'The data of the publish is not JSON.', { cause })
  }
}
