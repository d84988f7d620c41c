/** What the nodes of a store tell of themselves in `$stats`, `$connections` and `$channels`, while somebody reads. */
import type { Connection } from '../../core/reading/connection.js'
import type { Subscription } from '../../core/reading/subscription.js'
import type { RuleTable } from '../../core/rule-table.js'
import { listOf, type StatisticsList } from '../../core/statistics.js'
import type { StoreCapabilities } from '../../core/store.js'
import { timed } from '../../core/wheel.js'
import { AnywireError } from '../../protocol/error.js'
import { type ChannelName, isReserved } from '../../protocol/name.js'
import type { Connections } from '../connections.js'
import { viewTransport } from '../keyed-view.js'
import type { Nodes } from '../nodes/nodes.js'
import type { LeasesContext } from '../presence/leases.js'
import type { Presence } from '../presence/presence.js'
import { Board } from './board.js'
import { ChannelList } from './channel-list.js'
import { ConnectionList } from './connection-list.js'
import type { List, Sources } from './list.js'
import { NodeList } from './node-list.js'
import type { StatisticsMeter } from './statistics-meter.js'

export interface StatisticsOptions {
  readonly context: LeasesContext & {
    readonly rules: RuleTable
    readonly connections: Connections
    readonly presence: Presence
    readonly nodes: Nodes
    readonly store: { capabilitiesOf(channel: ChannelName): StoreCapabilities }
    readonly drained: number
    readonly leaving: boolean
    counts: Sources['counts']
  }
  readonly meter: StatisticsMeter
}

/** After the last reader, and after each page that was read, a list is kept up for so long. */
const lingerMs = 10_000
/** Other nodes are told again so often what is read here, and tell of themselves for so long. */
const sayMs = 4_000
const heardMs = 15_000
/** Lists that are read here at a time: `$stats`, and what is searched for. And with those that are read elsewhere. */
const mostOwn = 20
const mostLists = 60

export class Statistics {
  readonly #options: StatisticsOptions
  readonly #boards = new Map<
    ChannelName,
    { readonly board: Board; readonly list: List; readonly unwatch: () => void }
  >()
  readonly #readings = new WeakMap<Subscription, () => void>()
  readonly #say = timed(() => this.#sayOn())
  #publishes = 0
  #closed = false

  constructor(options: StatisticsOptions) {
    this.#options = options
  }

  /** How many of the hub's readings are its own. */
  get readings(): number {
    let readings = 0
    for (const { board } of this.#boards.values()) readings += board.readings
    return readings
  }

  /** Lists that are kept up, and how often each was read anew. */
  get rounds(): ReadonlyMap<ChannelName, number> {
    return new Map([...this.#boards].map(([name, { board }]) => [name, board.rounds]))
  }

  /** This node has appended to a channel. */
  appended(channel: ChannelName): void {
    if (isReserved(channel) && listOf(channel)) return
    this.#publishes++
    for (const { list } of this.#boards.values()) list.appended?.(channel)
  }

  joined(subscription: Subscription, { transport }: Connection): void {
    if (this.#closed || transport === viewTransport) return
    const board = this.#board(subscription.log.name, mostLists)
    if (board) this.#readings.set(subscription, board.watch(lingerMs))
  }

  left(subscription: Subscription): void {
    if (!this.#closed) this.#readings.get(subscription)?.()
  }

  /**
   * Before statistics are read: resolves when they say what is so, on this node. Undefined: they do.
   * @throws (or rejects with) AnywireError `too-many`; if the store cannot be asked.
   */
  ready(channel: ChannelName): Promise<void> | undefined {
    if (this.#closed) return undefined
    const { presence } = this.#options.context
    const board = this.#board(channel)
    if (!board) return undefined
    const isNew = !board.isReadHere
    board.read(lingerMs)
    if (isNew) this.#tellOthers([channel])
    return board.known ? undefined : board.ready(() => presence.sweep([board]))
  }

  /** Another node says what is read there. */
  hear(channels: readonly ChannelName[]): void {
    for (const channel of channels) {
      if (this.#closed || (!this.#boards.has(channel) && this.#boards.size >= mostLists)) return
      this.#board(channel, mostLists)?.want(heardMs)
    }
  }

  close(): void {
    this.#closed = true
    this.#options.context.delivery.wheel.cancel(this.#say)
    for (const { board, unwatch } of this.#boards.values()) {
      unwatch()
      board.close()
    }
    this.#boards.clear()
  }

  /** @throws AnywireError `too-many` */
  #board(channel: ChannelName, most = mostOwn): Board | undefined {
    const known = this.#boards.get(channel)
    if (known) return known.board
    const asked = listOf(channel)
    if (!asked) return undefined
    if (this.#boards.size >= most) {
      const sentence = `${most} lists of statistics are read here already; search for less at a time.`
      throw new AnywireError('too-many', sentence, { details: { retryMs: lingerMs } })
    }
    const { context } = this.#options
    const list = this.#listOf(asked)
    const board = new Board({
      context,
      channel,
      list,
      leases: context.presence.leases,
      sums: asked.of === 'nodes',
      keyless: !context.store.capabilitiesOf(channel).keys,
      over: () => {
        this.#boards.get(channel)?.unwatch()
        this.#boards.delete(channel)
      },
    })
    this.#boards.set(channel, { board, list, unwatch: context.presence.watch(board) })
    return board
  }

  #listOf({ of, text }: StatisticsList): List {
    const { context, meter } = this.#options
    const { connections, delivery, rules, presence } = context
    const node = presence.leases.id
    const sources: Sources = {
      connections,
      delivery,
      counts: () => context.counts(),
      rules,
      meter,
      publishes: () => this.#publishes,
      drained: () => context.drained,
      leaving: () => context.leaving,
    }
    if (of === 'connections') return new ConnectionList(node, text, sources)
    if (of === 'channels') return new ChannelList(node, text, sources)
    return new NodeList(node, sources)
  }

  /** As long as something is read here. */
  #sayOn(): void {
    this.#tellOthers([...this.#boards].filter(([, { board }]) => board.isReadHere).map(([name]) => name))
  }

  #tellOthers(observe: readonly ChannelName[]): void {
    const { nodes, delivery } = this.#options.context
    if (this.#closed || !nodes.shared || observe.length === 0) return
    nodes.say({ observe })
    if (this.#say.tick === 0) delivery.wheel.schedule(this.#say, sayMs)
  }
}
