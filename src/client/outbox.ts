/** The outbox: what is published waits here, in order, until the server has stored it, exactly once. */
import type { PublishRequest } from '../protocol/anywire-frame.js'
import { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'
import type { Draft, Kept, OutboxStore } from './outbox-store.js'
import type { FromCore } from './port.js'
import { soon } from './soon.js'

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
  /** Where it keeps what waits. Opened anew when the page publishes after it was left. */
  readonly open: () => Promise<OutboxStore>
  /** Publishes kept until they are acknowledged. @default 1_000 */
  readonly most?: number | undefined
}

export interface Outbox {
  /** Publishes that wait for their acknowledgement. */
  readonly size: number
  /**
   * Resolves when the server has answered. `queued` is called when it would survive a reload.
   * @throws AnywireError `too-many` when full, `bad-request` if `data` is not JSON, what it was closed with, and whatever the server refuses it with for good.
   */
  publish(draft: Draft, queued?: () => void): Promise<Acknowledgement>
  /** A link was opened, or another core has taken over: everything that is not answered goes again. */
  linked(): void
  published(answer: Extract<FromCore, { type: 'published' }>): void
  refused(id: number, error: AnywireError): void
  /** Rejects what waits. What is kept stays for the next page. */
  close(error: AnywireError): void
}

/*
 * A number (producer, epoch, seq) is never given to two contents, for an earlier request may still be under way somewhere. So there is one way to a new
 * number: the server says that the old one does not fit, and everything before it in the channel is settled; then all that waits in the channel begins
 * a new epoch, which is written down before it is sent. Requests of two epochs are never under way in one channel: the newer would fence the older.
 */
interface Entry extends Kept {
  readonly queued?: (() => void) | undefined
  readonly resolve?: (acknowledgement: Acknowledgement) => void
  readonly reject?: (error: AnywireError) => void
  /** The id of the newest request: only this one may tell that it is not stored. 0 once it is answered, until it is removed from the store. */
  id: number
  /** Requests under its number have ids above this: any of them may tell that it is stored. */
  first: number
  underWay: boolean
}

/** Publishes under way at once: as many as a server takes from one connection. */
const mostUnderWay = 64
/** Ids that one number may have. */
const resends = 2 ** 20

export function createOutbox({ send, open, most = 1_000 }: OutboxOptions): Outbox {
  let store: OutboxStore | undefined
  let opening: Promise<OutboxStore> | undefined
  let entries: Entry[] = []
  /** The newest own one of each channel. */
  const newest = new Map<ChannelName, Kept>()
  /** Channels that wait because the server asked for it. */
  const held = new Map<ChannelName, ReturnType<typeof setTimeout>>()
  let ids = 0
  /** New epochs being written down. */
  let writing = 0
  let closed: AnywireError | undefined

  const enter = async () => {
    const mine = open()
    opening = mine
    const opened = await mine
    if (opening !== mine) return opened.close()
    store = opened
    entries.forEach(number)
    entries.unshift(...store.drafts.map((kept) => ({ ...kept, ...unsent() })))
    wake()
  }

  const unsent = () => {
    ids += resends
    return { id: ids, first: ids, underWay: false }
  }

  const number = (entry: Entry) => {
    const { epoch, seq } = newest.get(entry.draft.channel) ?? { epoch: store!.own.epoch, seq: -1 }
    newest.set(entry.draft.channel, Object.assign(entry, { key: store!.key(), epoch, seq: seq + 1 }))
    // It may be sent meanwhile: if the page ends before it is kept, nobody gets its number.
    void store!.put([entry]).then((kept) => kept && entry.queued?.())
  }

  const wake = soon(() => {
    if (!store || writing) return
    let room = mostUnderWay - entries.filter((one) => one.underWay).length
    const last = new Map<ChannelName, Entry>()
    const requests: PublishRequest[] = []
    for (const entry of entries) {
      const { draft, key, epoch, seq } = entry
      const before = last.get(draft.channel)
      last.set(draft.channel, entry)
      if (room <= 0 || entry.underWay || held.has(draft.channel)) continue
      if (before && (before.key[0] !== key[0] || before.epoch !== epoch || !before.underWay)) continue
      room--
      entry.underWay = true
      requests.push({ ...draft, id: ++entry.id, producer: { id: key[0], epoch, seq } })
    }
    if (requests.length > 0) send(requests)
  })

  /** If its number was not used, those behind it will be told so by the server. */
  const settle = (entry: Entry, used: boolean) => {
    const { draft, key, seq } = entry
    // Sent once, refused, and nothing behind it: the number is free.
    if (!used && entry.id === entry.first + 1 && newest.get(draft.channel) === entry)
      newest.set(draft.channel, { ...entry, seq: seq - 1 })
    Object.assign(entry, { id: 0, underWay: true })
    wake()
    void store!.remove(key).then(() => {
      entries = entries.filter((one) => one !== entry)
      wake()
    })
  }

  /** These go again after a while, under the same numbers. */
  const hold = (those: readonly Entry[], ms?: number) => {
    for (const entry of those) entry.underWay = false
    const { draft, id, first } = those[0]!
    clearTimeout(held.get(draft.channel))
    const again = () => {
      held.delete(draft.channel)
      wake()
    }
    held.set(draft.channel, setTimeout(again, ms ?? Math.min(30_000, 200 * 2 ** (id - first)) * (1 + Math.random())))
  }

  const release = () => {
    for (const timer of held.values()) clearTimeout(timer)
    held.clear()
  }

  /** The server does not know the numbers (one was not used, or all are forgotten), or knows newer ones. */
  const renumber = (lane: readonly Entry[], inForce = 0) => {
    const { key, draft } = lane[0]!
    const same = lane.filter((one) => one.key[0] === key[0])
    const slot = store!.slots.find((one) => one.key[0] === key[0])!
    const epoch = Math.max(slot.epoch, inForce) + 1
    slot.epoch = epoch
    for (const [seq, entry] of same.entries()) Object.assign(entry, unsent(), { epoch, seq })
    if (slot === store!.own) newest.set(draft.channel, same.at(-1)!)
    writing++
    void store!.put(same, slot).then(() => {
      writing--
      wake()
    })
  }

  /** A page that holds a lock is not kept for coming back to. */
  const leave = () => {
    if (entries.length > 0) return
    opening = undefined
    store?.close()
    store = undefined
    newest.clear()
  }

  globalThis.addEventListener?.('pagehide', leave)
  void enter()

  return {
    get size() {
      return entries.length
    },
    async publish(draft, queued) {
      if (closed) throw closed
      if (entries.length >= most) throw new AnywireError('too-many', `${most} publishes wait already.`)
      const copy = { ...draft, data: copyOf(draft.data) }
      return new Promise((resolve, reject) => {
        const entry: Entry = { draft: copy, key: ['', 0], epoch: 0, seq: 0, queued, resolve, reject, ...unsent() }
        entries.push(entry)
        if (store) number(entry)
        else if (!opening) void enter()
        wake()
      })
    },
    linked() {
      for (const entry of entries) entry.underWay = !entry.id
      release()
      wake()
    },
    published({ id, offset, duplicate = false, reply }) {
      const entry = entries.find((one) => one.first < id && id <= one.id)
      if (!entry) return
      entry.resolve?.({ offset, duplicate, reply })
      settle(entry, offset !== undefined)
    },
    refused(id, error) {
      const entry = entries.find((one) => one.underWay && one.id === id)
      if (!entry) return
      const { code, details, meaning } = error
      const lane = entries.filter((one) => one.id && one.draft.channel === entry.draft.channel)
      const misfit = code === 'fenced' || details.expected !== undefined
      if (misfit && entry === lane[0]) renumber(lane, details.epoch)
      else if (misfit || meaning.retry !== 'never') hold(lane.slice(lane.indexOf(entry)), details.retryMs)
      else {
        entry.reject?.(error)
        settle(entry, false)
      }
    },
    close(error) {
      closed = error
      globalThis.removeEventListener?.('pagehide', leave)
      release()
      for (const entry of entries) entry.reject?.(error)
      entries = []
      leave()
    },
  }
}

/** What is sent again is the same, whatever the program does to its object meanwhile. */
function copyOf(data: unknown): unknown {
  if (data === undefined) return
  try {
    return JSON.parse(JSON.stringify(data))
  } catch (cause) {
    throw new AnywireError('bad-request', 'The data is not JSON.', { cause })
  }
}
