/** The sender: numbers what is published, keeps it, and sends it again until it is stored. Loaded later. */
import type { PublishRequest } from '../protocol/anywire-frame.js'
import { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'
import { batchMicrotask } from './batch.js'
import { askedMs, within } from './deadline.js'
import { openKeptStore } from './kept-store.js'
import { byPlace, Entry, OutboxLane } from './lane.js'
import { notify } from './notify.js'
import { type Draft, type KeptPlace, MemoryOutbox, type OutboxStore } from './outbox-store.js'
import type { PublishAnswer } from './port.js'
import { HeldPublish, type OutboxRoom } from './publish.js'

export interface SenderOptions {
  /** Hands requests to the core, in this order. Each has an id that is unique in this client. */
  readonly send: (requests: readonly PublishRequest[]) => void
  /** Where what waits is kept; undefined: in memory. */
  readonly kept?: KeptPlace | undefined
  /** Opens another store than these. Called again when the page publishes after it was hidden. */
  readonly open?: (() => Promise<OutboxStore>) | undefined
  /** Called with what an earlier page left and the server refuses for good. No promise could reject for it. */
  readonly refused?: ((draft: Draft, error: AnywireError) => void) | undefined
}

/** The server may fail on one message so often; then it is rejected, and the next one has its turn. */
const maxFailures = 5
const firstWaitMs = 200
const maxWaitMs = 30_000

/*
 * A number (producer, epoch, seq) is never given to two contents, for an earlier request may still be under way
 * somewhere. So there is one way to a new number: the server says that the old one does not fit, and everything before
 * it in the channel is settled; then all that waits in the channel begins a new epoch, which is written down before it
 * is sent. Requests of two epochs are never under way in one channel: the newer would fence the older.
 */
export class Sender {
  readonly #options: SenderOptions
  readonly #room: OutboxRoom
  readonly #lanes = new Map<ChannelName, OutboxLane>()
  /** Lanes that may have something to send. */
  readonly #ready = new Set<OutboxLane>()
  /** What each request brings, until that is answered. */
  readonly #requests = new Map<number, Entry>()
  #store: OutboxStore | undefined
  #opening: Promise<OutboxStore> | undefined
  #places = 0
  #ids = 0
  /** New epochs being written down. */
  #writing = 0
  #closed: AnywireError | undefined

  constructor(options: SenderOptions, room: OutboxRoom) {
    this.#options = options
    this.#room = room
    globalThis.addEventListener?.('pagehide', this.#leave)
  }

  add(publish: HeldPublish): void {
    const entry = new Entry(this.#laneOf(publish.draft.channel), publish, ++this.#places)
    this.#enqueue(entry)
    if (this.#store) this.#number(entry, this.#store)
    else this.begin()
  }

  /** Opens the store. What earlier pages left is sent first. */
  begin(): void {
    if (!this.#opening && !this.#closed) void this.#enter()
  }

  /** A link was opened, or another core has taken over: everything that is not answered goes again. */
  linked(): void {
    for (const lane of this.#lanes.values()) {
      lane.release()
      const first = lane.first()
      if (first) lane.recall(first)
      this.#turn(lane)
    }
  }

  answered(answer: PublishAnswer): void {
    const entry = this.#requests.get(answer.id)
    if (!entry) return
    if (answer.type === 'refused') return this.#refused(entry, answer)
    const { offset, duplicate = false, reply } = answer
    entry.publish.waiting?.resolve({ offset, duplicate, reply })
    this.#settle(entry, offset !== undefined)
  }

  #refused(entry: Entry, { id, error: facts }: Extract<PublishAnswer, { type: 'refused' }>): void {
    if (entry.state !== 'sent' || entry.requests.at(-1) !== id) return
    const error = AnywireError.fromJSON(facts)
    const { code, details, meaning } = error
    const misfit = code === 'fenced' || details.expected !== undefined
    if (misfit && entry === entry.lane.first()) return this.#renumber(entry, details.epoch)
    if (!misfit) {
      if (meaning.retry === 'never' || isHopeless(entry, error)) {
        const { waiting, draft } = entry.publish
        if (waiting) waiting.reject(error)
        else notify(this.#options.refused, draft, error)
        return this.#settle(entry, false)
      }
      notify(entry.publish.events.failing, error)
    }
    this.#hold(entry, details.retryMs)
  }

  /**
   * Rejects what waits, and what comes. What was sent may be answered for so long. What is kept stays for the next
   * page.
   */
  async close(error: AnywireError, ms = 0): Promise<void> {
    this.#closed = error
    const answers = [...this.#requests.values()].map(({ publish }) => publish.waiting?.promise)
    if (ms) await within(ms, Promise.allSettled(answers)).catch(ignore)
    globalThis.removeEventListener?.('pagehide', this.#leave)
    for (const lane of this.#lanes.values()) {
      lane.release()
      for (const { publish } of lane.entries) publish.end(error)
    }
    this.#forget()
  }

  async #open(): Promise<OutboxStore> {
    const { open, kept } = this.#options
    if (open) return open()
    return kept ? openKeptStore(kept) : new MemoryOutbox()
  }

  async #enter(): Promise<void> {
    const opening = this.#open().catch(() => new MemoryOutbox())
    this.#opening = opening
    const store = await opening
    if (this.#opening !== opening) return store.close()
    this.#store = store
    for (const { entries } of this.#lanes.values()) for (const entry of entries) this.#number(entry, store)
    // What earlier pages left is sent first.
    this.#writing++
    const left = await store.left
    this.#writing--
    if (this.#store !== store) return
    for (const [index, { draft, ...number }] of left.entries()) {
      const publish = new HeldPublish(draft)
      this.#room.enter(publish.bytes)
      this.#enqueue(Object.assign(new Entry(this.#laneOf(draft.channel), publish, index - left.length), number))
    }
    for (const lane of this.#lanes.values()) lane.sort()
    this.#wake()
  }

  #enqueue(entry: Entry): void {
    entry.lane.add(entry)
    this.#turn(entry.lane)
  }

  #laneOf(channel: ChannelName): OutboxLane {
    const lane = this.#lanes.get(channel) ?? new OutboxLane()
    this.#lanes.set(channel, lane)
    return lane
  }

  #number(entry: Entry, store: OutboxStore): void {
    const { lane } = entry
    const { epoch, seq } = lane.newest ?? { epoch: store.own.epoch, seq: -1 }
    lane.newest = { epoch, seq: seq + 1 }
    Object.assign(entry, { key: store.key(), ...lane.newest })
    // It may be sent before it is stored: if the page ends in between, its number is not given again.
    void store.put([entry]).then((kept) => notify(kept ? entry.publish.events.queued : undefined))
  }

  readonly #wake = batchMicrotask(() => {
    if (!this.#store || this.#writing > 0 || this.#closed) return
    const sent: Entry[] = []
    for (const lane of this.#ready)
      for (let entry = lane.next(); entry; entry = lane.next()) {
        entry.state = 'sent'
        entry.requests.push(++this.#ids)
        this.#requests.set(this.#ids, entry)
        sent.push(entry)
      }
    this.#ready.clear()
    if (sent.length > 0) this.#options.send(sent.sort(byPlace).map(({ request }) => request))
  })

  /** It is answered. If its number was not used, the server refuses those behind it, and they are renumbered. */
  #settle(entry: Entry, used: boolean): void {
    const store = this.#store
    if (!store) return
    const { lane, key, epoch, seq, requests } = entry
    const { newest } = lane
    const isNewest = newest?.epoch === epoch && newest.seq === seq && key[0] === store.own.key[0]
    // Sent once, refused, and nothing behind it: the number is free.
    if (!used && requests.length === 1 && isNewest) lane.newest = { epoch, seq: seq - 1 }
    this.#answered(entry)
    entry.state = 'settled'
    this.#turn(lane)
    void store.remove(key).then(() => {
      if (this.#lanes.get(entry.publish.draft.channel) !== lane) return
      lane.remove(entry)
      this.#room.leave(entry.publish.bytes)
      this.#turn(lane)
    })
  }

  /** Later answers to its requests have no effect. */
  #answered({ requests }: Entry): void {
    for (const id of requests) this.#requests.delete(id)
  }

  #turn(lane: OutboxLane): void {
    this.#ready.add(lane)
    this.#wake()
  }

  /** This one and what is behind it go again after a while, under the same numbers. */
  #hold(from: Entry, retryMs?: number): void {
    const { lane, requests } = from
    lane.recall(from)
    const waitMs = Math.min(maxWaitMs, firstWaitMs * 2 ** (requests.length - 1)) * (1 + Math.random())
    lane.hold(askedMs(retryMs, waitMs), () => this.#turn(lane))
  }

  /** The server does not know the numbers (one was not used, or all are forgotten), or knows newer ones. */
  #renumber(first: Entry, epochInForce = 0): void {
    const store = this.#store
    if (!store) return
    const { lane, key } = first
    const slot = store.slots.find((one) => one.key[0] === key[0])!
    slot.epoch = Math.max(slot.epoch, epochInForce) + 1
    lane.recall(first)
    const renumbered = lane.entries.filter((one) => one.state === 'waiting' && one.key[0] === key[0])
    for (const [seq, entry] of renumbered.entries()) {
      this.#answered(entry)
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
    if (this.#room.size === 0) this.#forget()
  }

  #forget(): void {
    this.#opening = undefined
    this.#store?.close()
    this.#store = undefined
    this.#lanes.clear()
    this.#ready.clear()
    this.#requests.clear()
    this.#room.clear()
  }
}

/** Whether the server has failed on this message so often that it is rejected. */
function isHopeless(entry: Entry, { code }: AnywireError): boolean {
  return (code === 'internal' || code === 'timeout') && ++entry.failures >= maxFailures
}

function ignore(): void {}
