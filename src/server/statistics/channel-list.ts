/** Channels that this node follows or publishes to: those with most readers, and those with most messages. */
import type { Channel } from '../../core/reading/channel.js'
import type { Retention } from '../../core/store.js'
import { type ChannelName, isReserved } from '../../protocol/name.js'
import { numberOf, type Offset } from '../../protocol/offset.js'
import { walk } from '../walk.js'
import { isOwn } from './connection-list.js'
import { type List, listMs, perSecond, type Sources, topSize } from './list.js'
import { Top } from './top.js'

export interface ChannelEntry {
  readonly node: string
  readonly channel: ChannelName
  /** The pattern of its rule. Absent: no rule fits. */
  readonly rule?: string | undefined
  /** On this node. */
  readonly readers: number
  /** Of these, who is not at the head, or has no room. */
  readonly behind: number
  /** Publishes through this node. */
  readonly publishesPerSecond: number
  /** Messages through any node, as long as somebody reads it here. */
  readonly messagesPerSecond: number
  /** The position after its newest message. Absent: nobody reads it here. */
  readonly head?: Offset | undefined
  readonly windowBytes: number
  readonly contentType: string
  readonly retain: Retention
  readonly maxKeys?: number | undefined
}

/** Channels whose publishes are counted between two looks. */
const mostCounted = 10_000

interface Candidate {
  readonly name: ChannelName
  readonly channel: Channel | undefined
}

export class ChannelList implements List {
  readonly periodMs = listMs
  readonly #node: string
  readonly #text: string
  readonly #sources: Pick<Sources, 'delivery' | 'rules'>
  /** The number of the newest message of each when it was looked at last. */
  #heads = new Map<ChannelName, number>()
  #published = new Map<ChannelName, number>()
  #readAt = performance.now()

  constructor(node: string, text: string, sources: Pick<Sources, 'delivery' | 'rules'>) {
    this.#node = node
    this.#text = text
    this.#sources = sources
  }

  appended(channel: ChannelName): void {
    const count = this.#published.get(channel)
    if (count === undefined && (this.#published.size >= mostCounted || !this.#matches(channel))) return
    this.#published.set(channel, (count ?? 0) + 1)
  }

  async read(): Promise<ReadonlyMap<string, ChannelEntry>> {
    const { delivery } = this.#sources
    const now = performance.now()
    const ms = now - this.#readAt
    this.#readAt = now
    const published = this.#published
    this.#published = new Map()
    const before = this.#heads
    const heads = new Map<ChannelName, number>()
    const crowded = new Top<Candidate>(topSize)
    const busy = new Top<Candidate>(topSize)
    const messages = (name: ChannelName) => (heads.get(name) ?? 0) - (before.get(name) ?? heads.get(name) ?? 0)
    await walk(delivery.channels(), (channel) => {
      const { name, log, size } = channel
      if (!this.#matches(name)) return 1
      if (log.head !== '') heads.set(name, numberOf(log.head))
      crowded.add({ name, channel }, size)
      busy.add({ name, channel }, Math.max(messages(name), published.get(name) ?? 0))
      return 1
    })
    const followed = new Set(heads.keys())
    for (const [name, count] of published) if (!followed.has(name)) busy.add({ name, channel: undefined }, count)
    this.#heads = heads
    const told = new Map([...crowded.all(), ...busy.all()].map((one) => [one.name, one]))
    const entries = new Map<string, ChannelEntry>()
    for (const { name, channel } of told.values()) {
      const rates = {
        publishesPerSecond: perSecond(published.get(name) ?? 0, ms),
        messagesPerSecond: perSecond(messages(name), ms),
      }
      entries.set(name, { ...this.#factsOf(name), ...(await readersOf(channel)), ...rates })
    }
    return entries
  }

  #factsOf(channel: ChannelName) {
    const { pattern, config } = this.#sources.rules.of(channel)
    const { contentType, retain, maxKeys } = config
    const rule = pattern !== undefined && { rule: pattern }
    const keys = maxKeys !== undefined && { maxKeys }
    return { node: this.#node, channel, ...rule, contentType, retain, ...keys }
  }

  /** What the hub keeps for itself is left out, but for rosters. */
  #matches(name: ChannelName): boolean {
    if (isReserved(name) && !this.#sources.rules.of(name).rosterOf) return false
    return this.#text === '' || name.toLowerCase().includes(this.#text)
  }
}

async function readersOf(channel: Channel | undefined) {
  let readers = 0
  let behind = 0
  await walk(channel?.subscriptions ?? [], (subscription) => {
    if (isOwn(subscription)) return 1
    readers++
    if (subscription.state !== 'live') behind++
    return 1
  })
  const { head = '', windowBytes = 0, contentType } = channel?.log ?? {}
  return { readers, behind, windowBytes, ...(head !== '' && { head }), ...(contentType && { contentType }) }
}
