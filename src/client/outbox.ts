/** The outbox: what is published waits here, in order, until the server has stored it, exactly once. */
import type { PublishRequest } from '../protocol/anywire-frame.js'
import { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'
import { createDeferred, type Deferred } from './deferred.js'
import { isDeeper, tooDeep } from './item.js'
import { Entry, Lane, type PublishEvents } from './lane.js'
import { notify } from './notify.js'
import { type Draft, type OutboxStore, openOutboxStore } from './outbox-store.js'
import type { FromCore } from './port.js'
import { soon } from './soon.js'

export type { PublishEvents } from './lane.js'
export type { Draft } from './outbox-store.js'

export interface Acknowledgement {
  /** The position after the message (for a duplicate: the head of the channel); undefined if the rule stored nothing. */
  readonly offset: string | undefined
  /** It had been stored before: this was a retry. */
  readonly duplicate: boolean
  /** What the rule's `receive` returned; undefined if it cannot be handed from one thread to another. */
  readonly reply: unknown
}

export interface OutboxOptions {
  /** Hands requests to the core, in this order. Each has an id that is unique in this client. */
  readonly send: (requests: readonly PublishRequest[]) => void
  /** Where it keeps what waits. Opened anew when the page publishes after it was left. */
  readonly open: () => Promise<OutboxStore>
  /** Publishes kept until they are acknowledged. @default 10_000 */
  readonly most?: number | undefined
  /** Told of what an earlier page has left and the server refuses for good: nobody else waits for its answer. */
  readonly refused?: ((draft: Draft, error: AnywireError) => void) | undefined
}

/** Publishes that have no answer yet, at most: as many as a server takes from one connection. */
const mostUnderWay = 64
/** The server may fail on one message so often; then it is rejected, and the next one has its turn. */
const mostFailures = 5
const firstWaitMs = 200
const mostWaitMs = 30_000

/*
 * A number (producer, epoch, seq) is never given to two contents, for an earlier request may still be under way somewhere. So there is one way to a new
 * number: the server says that the old one does not fit, and everything before it in the channel is settled; then all that waits in the channel begins
 * a new epoch, which is written down before it is sent. Requests of two epochs are never under way in one channel: the newer would fence the older.
 */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #lanes = new Map<ChannelName, Lane>()
  /** Lanes that may have something to send, in the order of their turns. */
  readonly #ready = new Set<Lane>()
  /** What each request brings, until that is answered. */
  readonly #requests = new Map<number, { readonly entry: Entry; readonly lane: Lane }>()
  #store: OutboxStore | undefined
  #opening: Promise<OutboxStore> | undefined
  #size = 0
  #places = 0
  #ids = 0
  /** Entries that are sent or settled, of all lanes. */
  #busy = 0
  /** New epochs being written down. */
  #writing = 0
  #closed: AnywireError | undefined

  constructor(options: OutboxOptions) {
    this.#options = options
    globalThis.addEventListener?.('pagehide', this.#leave)
    void this.#enter()
  }

  /** Publishes that wait for their acknowledgement. */
  get size(): number {
    return this.#size
  }

  /**
   * Resolves when the server has answered.
   * @throws AnywireError `too-many` when full, `bad-request` if `data` is not JSON, what it was closed with, and whatever the server refuses it with for good.
   */
  publish(draft: Draft, events?: PublishEvents): Promise<Acknowledgement> {
    const waiting = createDeferred<Acknowledgement>()
    try {
      this.#add(draft, events, waiting)
    } catch (thrown) {
      waiting.reject(AnywireError.from(thrown))
    }
    if (this.#closed?.code === 'closed') waiting.promise.catch(ignore)
    return waiting.promise
  }

  /** A link was opened, or another core has taken over: everything that is not answered goes again. */
  linked(): void {
    for (const lane of this.#lanes.values()) {
      lane.release()
      const first = lane.first()
      if (first) this.#recall(lane, first)
      this.#ready.add(lane)
    }
    this.#wake()
  }

  readonly published = (answer: Extract<FromCore, { type: 'published' }>): void => {
    const { id, offset, duplicate = false, reply } = answer
    const request = this.#requests.get(id)
    if (!request) return
    request.entry.waiting?.resolve({ offset, duplicate, reply })
    this.#settle(request.lane, request.entry, offset !== undefined)
  }

  refused(id: number, error: AnywireError): void {
    const { entry, lane } = this.#requests.get(id) ?? {}
    if (!entry || !lane || entry.state !== 'sent' || entry.requests.at(-1) !== id) return
    const { code, details, meaning } = error
    const misfit = code === 'fenced' || details.expected !== undefined
    if (misfit) {
      if (entry === lane.first()) this.#renumber(lane, details.epoch)
      else this.#hold(lane, entry, details.retryMs)
    } else if (meaning.retry === 'never' || isHopeless(entry, error)) this.#refuse(lane, entry, error)
    else {
      notify(entry.events.failing, error)
      this.#hold(lane, entry, details.retryMs)
    }
  }

  /** Rejects what waits. What is kept stays for the next page. */
  close(error: AnywireError): void {
    this.#closed = error
    globalThis.removeEventListener?.('pagehide', this.#leave)
    for (const lane of this.#lanes.values()) {
      lane.release()
      for (const { waiting } of lane.entries) {
        // What only `close` causes must not end a Node program that did not await its publish.
        if (error.code === 'closed') waiting?.promise.catch(ignore)
        waiting?.reject(error)
      }
    }
    this.#forget()
  }

  async #enter(): Promise<void> {
    const opening = this.#options.open().catch(() => openOutboxStore())
    this.#opening = opening
    const store = await opening
    if (this.#opening !== opening) return store.close()
    this.#store = store
    for (const lane of this.#lanes.values()) for (const entry of lane.entries) this.#number(lane, entry)
    // Nothing goes before what earlier pages have left.
    this.#writing++
    const left = await store.left
    this.#writing--
    if (this.#store !== store) return
    this.#size += left.length
    for (const [index, { draft, ...number }] of left.entries())
      this.#lane(draft.channel).entries.push(Object.assign(new Entry(index - left.length, draft), number))
    for (const { entries } of this.#lanes.values()) entries.sort(byPlace)
    this.#wake()
  }

  #add(draft: Draft, events: PublishEvents | undefined, waiting: Deferred<Acknowledgement>): void {
    const { most = 10_000 } = this.#options
    if (this.#closed) throw this.#closed
    if (this.#size >= most) {
      throw new AnywireError('too-many', `${most} publishes wait: await some, or raise "outbox.most".`)
    }
    const copy = { ...draft, data: copyOf(draft.data) }
    const lane = this.#lane(draft.channel)
    const entry = new Entry(++this.#places, copy, events, waiting)
    lane.entries.push(entry)
    this.#size++
    if (this.#store) this.#number(lane, entry)
    else if (!this.#opening) void this.#enter()
    this.#wake()
  }

  #lane(channel: ChannelName): Lane {
    let lane = this.#lanes.get(channel)
    if (!lane) {
      lane = new Lane()
      this.#lanes.set(channel, lane)
    }
    this.#ready.add(lane)
    return lane
  }

  #number(lane: Lane, entry: Entry): void {
    const store = this.#store!
    const { epoch, seq } = lane.newest ?? { epoch: store.own.epoch, seq: -1 }
    lane.newest = { epoch, seq: seq + 1 }
    Object.assign(entry, { key: store.key(), ...lane.newest })
    // It may be sent meanwhile: if the page ends before it is kept, nobody gets its number.
    void store.put([entry]).then((kept) => kept && notify(entry.events.queued))
  }

  readonly #wake = soon(() => {
    if (!this.#store || this.#writing > 0) return
    const sent: { readonly place: number; readonly request: PublishRequest }[] = []
    const crowded: Lane[] = []
    // Those that are added again have their next turn behind the others.
    for (const lane of this.#ready) {
      const room = mostUnderWay - this.#busy
      if (room === 0) break
      this.#ready.delete(lane)
      const entry = lane.next()
      if (!entry) continue
      // A channel takes no more than it leaves to the others: one whose publishes hang holds up itself alone.
      if (lane.busy >= room) {
        crowded.push(lane)
        continue
      }
      const id = ++this.#ids
      this.#requests.set(id, { entry, lane })
      sent.push({ place: entry.place, request: entry.request(id) })
      lane.busy++
      this.#busy++
      this.#ready.add(lane)
    }
    for (const lane of crowded) this.#ready.add(lane)
    sent.sort(byPlace)
    if (sent.length > 0) this.#options.send(sent.map(({ request }) => request))
  })

  /** It is answered. If its number was not used, those behind it will be told so by the server. */
  #settle(lane: Lane, entry: Entry, used: boolean): void {
    const { newest } = lane
    const isNewest =
      newest?.epoch === entry.epoch && newest.seq === entry.seq && entry.key[0] === this.#store!.own.key[0]
    // Sent once, refused, and nothing behind it: the number is free.
    if (!used && entry.requests.length === 1 && isNewest) lane.newest = { epoch: entry.epoch, seq: entry.seq - 1 }
    for (const id of entry.requests) this.#requests.delete(id)
    if (entry.state === 'waiting') {
      lane.busy++
      this.#busy++
    }
    entry.state = 'settled'
    this.#turn(lane)
    void this.#store!.remove(entry.key).then(() => {
      if (this.#lanes.get(entry.draft.channel) !== lane) return
      lane.remove(entry)
      this.#busy--
      this.#size--
      this.#turn(lane)
    })
  }

  #turn(lane: Lane): void {
    this.#ready.add(lane)
    this.#wake()
  }

  #refuse(lane: Lane, entry: Entry, error: AnywireError): void {
    if (entry.waiting) entry.waiting.reject(error)
    else notify(this.#options.refused, entry.draft, error)
    this.#settle(lane, entry, false)
  }

  #recall(lane: Lane, from: Entry): void {
    this.#busy -= lane.busy
    lane.recall(from)
    this.#busy += lane.busy
  }

  /** These go again after a while, under the same numbers. */
  #hold(lane: Lane, from: Entry, retryMs?: number): void {
    this.#recall(lane, from)
    const waitMs = Math.min(mostWaitMs, firstWaitMs * 2 ** (from.requests.length - 1)) * (1 + Math.random())
    lane.hold(retryMs ?? waitMs, () => this.#turn(lane))
  }

  /** The server does not know the numbers (one was not used, or all are forgotten), or knows newer ones. */
  #renumber(lane: Lane, epochInForce = 0): void {
    const store = this.#store!
    const first = lane.first()!
    const producer = first.key[0]
    const slot = store.slots.find(({ key }) => key[0] === producer)!
    slot.epoch = Math.max(slot.epoch, epochInForce) + 1
    this.#recall(lane, first)
    const renumbered = lane.entries.filter((one) => one.state === 'waiting' && one.key[0] === producer)
    for (const [seq, entry] of renumbered.entries()) {
      for (const id of entry.requests) this.#requests.delete(id)
      Object.assign(entry, { requests: [], epoch: slot.epoch, seq })
    }
    if (slot === store.own) lane.newest = { epoch: slot.epoch, seq: renumbered.length - 1 }
    this.#writing++
    void store.put(renumbered, slot).then(() => {
      this.#writing--
      this.#turn(lane)
    })
  }

  /** A page that holds a lock is not kept for coming back to. */
  readonly #leave = (): void => {
    if (this.#size === 0) this.#forget()
  }

  #forget(): void {
    this.#opening = undefined
    this.#store?.close()
    this.#store = undefined
    this.#lanes.clear()
    this.#ready.clear()
    this.#requests.clear()
    this.#size = 0
    this.#busy = 0
  }
}

const byPlace = (one: { readonly place: number }, other: { readonly place: number }) => one.place - other.place

/** The server meets the same failure with this message each time, as far as one can tell. */
function isHopeless(entry: Entry, { code }: AnywireError): boolean {
  return (code === 'internal' || code === 'timeout') && ++entry.failures >= mostFailures
}

/** What is sent again is the same, whatever the program does to its object meanwhile. */
function copyOf(data: unknown): unknown {
  if (data === undefined) return
  let copy: unknown
  try {
    copy = JSON.parse(JSON.stringify(data))
  } catch (cause) {
    throw new AnywireError('bad-request', `The data is not JSON: ${cause}`, { cause })
  }
  if (isDeeper(copy)) throw new AnywireError('bad-request', tooDeep)
  return copy
}

function ignore(): void {}
