/** Connections of this node: those that lag most, and those that are sent most. */
import type { Connection } from '../../core/reading/connection.js'
import type { Subscription } from '../../core/reading/subscription.js'
import { listOf } from '../../core/statistics.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Offset } from '../../protocol/offset.js'
import { type Lag, lagOf } from '../inspect.js'
import { viewTransport } from '../keyed-view.js'
import { nodesTransport } from '../nodes/nodes.js'
import { walk } from '../walk.js'
import { type List, listMs, perSecond, type Sources, topSize } from './list.js'
import { Top } from './top.js'

export interface ReadingEntry {
  readonly channel: ChannelName
  readonly position: Offset
  /** `live` at the head, `behind` and `reading` on the way there, `waiting` for room. */
  readonly state: string
  readonly slow: string
  /** Writes per second at most; absent: every write. */
  readonly rate?: number | undefined
  readonly lag: Lag
  /** Gaps that it was told of. */
  readonly gaps: number
}

export interface ConnectionEntry {
  readonly node: string
  /** Its number on the node. */
  readonly connection: number
  readonly principal: string
  readonly transport: string
  /** Absent for a reader within the server's own program. */
  readonly address?: string | undefined
  /** Milliseconds since 1970. */
  readonly since: number
  readonly sentBytes: number
  readonly receivedBytes: number
  readonly sentBytesPerSecond: number
  /** The greatest of its readings, of `mostReadings` at most. */
  readonly lag: Lag
  readonly gaps: number
  /** How many channels it reads. */
  readonly channels: number
  /** Some of its readings. */
  readonly readings: readonly ReadingEntry[]
}

/** Readings of a connection that are looked at, and those that are told. */
const mostReadings = 64
const toldReadings = 5

type Entry = readonly [Connection, { readonly address: string | undefined; readonly since: number }]

export class ConnectionList implements List {
  readonly periodMs = listMs
  readonly #node: string
  readonly #text: string
  readonly #sources: Pick<Sources, 'connections'>
  /** What each connection had been sent when it was looked at last. */
  #sent = new Map<number, number>()
  #readAt = performance.now()

  constructor(node: string, text: string, sources: Pick<Sources, 'connections'>) {
    this.#node = node
    this.#text = text
    this.#sources = sources
  }

  async read(): Promise<ReadonlyMap<string, ConnectionEntry>> {
    const now = performance.now()
    const ms = now - this.#readAt
    const before = this.#sent
    const sent = new Map<number, number>()
    const lagging = new Top<Entry>(topSize)
    const busy = new Top<Entry>(topSize)
    const rates = ({ id, wire }: Connection) => perSecond(wire.sent - (before.get(id) ?? wire.sent), ms)
    await walk(this.#sources.connections.all(), (entry) => {
      const [connection, { address }] = entry
      if (connection.closed || isOwn(connection)) return 1
      sent.set(connection.id, connection.wire.sent)
      if (!this.#matches(connection, address)) return 1
      lagging.add(entry, lagOfAll(connection).ms)
      busy.add(entry, rates(connection))
      return 1 + Math.min(connection.subscriptions.size, mostReadings)
    })
    this.#sent = sent
    this.#readAt = now
    const told = new Set([...lagging.all(), ...busy.all()])
    return new Map([...told].map((entry) => [String(entry[0].id), this.#entryOf(entry, rates(entry[0]))]))
  }

  #matches({ principal, transport, subscriptions }: Connection, address = ''): boolean {
    const text = this.#text
    if (text === '') return true
    if ([principal.id, transport, address].some((one) => one.toLowerCase().includes(text))) return true
    // Who searches reads a channel of that name.
    for (const { log } of subscriptions) if (!listOf(log.name) && log.name.toLowerCase().includes(text)) return true
    return false
  }

  #entryOf([connection, { address, since }]: Entry, sentBytesPerSecond: number): ConnectionEntry {
    const { id, principal, transport, wire, subscriptions } = connection
    const all = [...subscriptions]
    return {
      node: this.#node,
      connection: id,
      principal: principal.id,
      transport,
      ...(address !== undefined && { address }),
      since: Math.round(performance.timeOrigin + since * 1_000),
      sentBytes: wire.sent,
      receivedBytes: wire.received,
      sentBytesPerSecond,
      lag: lagOfAll(connection),
      gaps: all.reduce((sum, { gaps }) => sum + gaps, 0),
      channels: all.length,
      readings: all.slice(0, toldReadings).map(readingOf),
    }
  }
}

/** Readers by which the hub follows its own channels. */
export function isOwn({ transport }: { readonly transport: string }): boolean {
  return transport === viewTransport || transport === nodesTransport
}

function readingOf({ log, position, state, slow, rate, gaps }: Subscription): ReadingEntry {
  const { name } = log
  return { channel: name, position, state, slow, ...(rate !== undefined && { rate }), lag: lag(log, position), gaps }
}

function lagOfAll({ subscriptions }: Connection): Lag {
  let most: Lag = { messages: 0, ms: 0 }
  let looked = 0
  for (const { log, position } of subscriptions) {
    if (looked++ === mostReadings) break
    const one = lag(log, position)
    if (one.ms > most.ms || one.messages > most.messages) most = one
  }
  return most
}

/** In whole milliseconds. */
function lag(...of: Parameters<typeof lagOf>): Lag {
  const { messages, ms } = lagOf(...of)
  return { messages, ms: Math.round(ms) }
}
