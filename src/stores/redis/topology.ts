/** Which Redis has which partition: one alone, or the masters of a cluster. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reply } from './codec.js'
import { refusalOf } from './failures.js'
import type { NodeEvents, OpenConnection, ScriptCall } from './node.js'
import { RedisNode } from './node.js'

export interface Topology {
  readonly nodes: Iterable<RedisNode>
  /** Which partitions one script may touch: those of one group. */
  groupOf(partition: number): number
  /** Undefined: nobody is known to have it. */
  nodeOf(partition: number): RedisNode | undefined
  run(partition: number, call: ScriptCall): Promise<Reply>
  close(): void
}

/** Groups of one Redis: so many scripts are under way at a time. */
const groups = 4

/** A Redis of its own, or the master that Sentinels name. */
export class Single implements Topology {
  readonly nodes: readonly [RedisNode]

  constructor(open: OpenConnection, events: NodeEvents) {
    this.nodes = [new RedisNode(open, events)]
  }

  groupOf(partition: number): number {
    return partition % groups
  }

  nodeOf(): RedisNode {
    return this.nodes[0]
  }

  run(_partition: number, call: ScriptCall): Promise<Reply> {
    return this.nodes[0].run(call)
  }

  close(): void {
    this.nodes[0].close()
  }
}

export interface ClusterOptions {
  /** Opens connections to an address, `host:port`. */
  readonly openAt: (address: string) => OpenConnection
  readonly events: NodeEvents
  /** Where to begin. */
  readonly seeds: readonly string[]
  /** The slot of each partition. */
  readonly slots: readonly number[]
  readonly timeoutMs: number
  /** These partitions have another master now. */
  readonly onRehomed: (partitions: readonly { partition: number; from: RedisNode | undefined; to: RedisNode }[]) => void
}

const redirections = 8
const againMs = 20
const refreshMs = 250

export class Cluster implements Topology {
  readonly #options: ClusterOptions
  readonly #nodes = new Map<string, RedisNode>()
  /** Of each partition, the address of its master. */
  readonly #masters: (string | undefined)[]
  #refreshing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false

  private constructor(options: ClusterOptions) {
    this.#options = options
    this.#masters = options.slots.map(() => undefined)
  }

  /** @throws Error if no node says who has which slot. */
  static async open(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options)
    for (const address of options.seeds) cluster.#at(address)
    await Promise.all([...cluster.#nodes.values()].map((node) => node.next()))
    await cluster.refresh()
    if (cluster.#masters.includes(undefined)) {
      cluster.close()
      throw new Error('no node of the cluster knows who has all slots')
    }
    await Promise.all([...cluster.#nodes.values()].map((node) => node.next()))
    await Promise.all([...cluster.#nodes.values()].map(({ subscriber }) => subscriber.next()))
    return cluster
  }

  get nodes(): Iterable<RedisNode> {
    return this.#nodes.values()
  }

  groupOf(partition: number): number {
    return partition
  }

  nodeOf(partition: number): RedisNode | undefined {
    const address = this.#masters[partition]
    return address === undefined ? undefined : this.#nodes.get(address)
  }

  async run(partition: number, call: ScriptCall): Promise<Reply> {
    // It is given up before it is late, so that it is known not to have been done.
    const until = performance.now() + this.#options.timeoutMs * 0.8
    let node = this.nodeOf(partition)
    let asking = false
    for (let left = redirections; ; ) {
      if (!node) throw new Error('CLUSTERDOWN nobody is known to have the slot')
      try {
        return await node.run(call, asking)
      } catch (thrown) {
        const refusal = refusalOf(thrown)
        // The slot is on its way: some of the keys are here, some there. It will arrive.
        const waits = refusal === 'TRYAGAIN' && performance.now() < until
        const address = refusal === 'MOVED' || refusal === 'ASK' ? addressIn(thrown) : undefined
        // Whoever says so may be cut off from a cluster that has gone on.
        if (refusal === 'CLUSTERDOWN') void this.refresh()
        if (!waits && (address === undefined || left-- === 0)) throw thrown
        asking = refusal === 'ASK'
        if (waits) await sleep(againMs)
        if (refusal === 'MOVED') {
          this.#setMaster(partition, address!)
          void this.refresh()
        }
        node = address === undefined ? this.nodeOf(partition) : this.#at(address)
        if (node && !node.ready) await node.next(Math.max(1, until - performance.now()))
      }
    }
  }

  /** Asks who has which slot: the first node that can say. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  /** The same, and again until all masters are known and connected. */
  watch(): void {
    if (this.#timer || this.#closed) return
    this.#timer = setTimeout(async () => {
      await this.refresh()
      this.#timer = undefined
      const whole = this.#masters.every((address) => address !== undefined && this.#nodes.get(address)?.ready)
      if (!whole) this.watch()
    }, refreshMs).unref()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    for (const node of this.#nodes.values()) node.close()
  }

  #at(address: string): RedisNode {
    let node = this.#nodes.get(address)
    if (!node) {
      const { openAt, events } = this.#options
      node = new RedisNode(openAt(address), events)
      this.#nodes.set(address, node)
    }
    return node
  }

  async #refresh(): Promise<void> {
    // Not always the same one first: it may be one that is cut off from the others.
    const nodes = [...this.#nodes].sort(() => Math.random() - 0.5)
    for (const [address, node] of nodes) {
      if (this.#closed || !node.ready) continue
      const owners = await node.send('CLUSTER', 'SLOTS').then(
        (reply) => ownersOf(reply, address),
        () => undefined,
      )
      if (!owners) continue
      this.#take(owners)
      return
    }
    // All that were known are gone: where it began somebody may know the others.
    if (!this.#closed) for (const address of this.#options.seeds) this.#at(address)
  }

  #take(owners: (slot: number) => string | undefined): void {
    if (this.#closed) return
    for (const [partition, slot] of this.#options.slots.entries()) {
      const address = owners(slot)
      if (address !== undefined) this.#setMaster(partition, address)
    }
    const used = new Set(this.#masters)
    for (const [address, node] of this.#nodes) {
      if (used.has(address)) continue
      this.#nodes.delete(address)
      node.close()
    }
  }

  #setMaster(partition: number, address: string): void {
    if (this.#masters[partition] === address) return
    const from = this.nodeOf(partition)
    this.#masters[partition] = address
    this.#options.onRehomed([{ partition, from, to: this.#at(address) }])
  }
}

/** `MOVED 3999 127.0.0.1:6381` */
function addressIn(thrown: unknown): string | undefined {
  const address = /^\w+ \d+ (\S+)/.exec((thrown as Error).message)?.[1]
  return address?.startsWith(':') ? undefined : address
}

/** What `CLUSTER SLOTS` says: ranges, each with its master first. A master without a host is the one that was asked. */
function ownersOf(reply: Reply, asked: string): (slot: number) => string | undefined {
  const ranges = (reply as readonly Reply[]).map((range) => {
    const [from, to, master] = range as readonly [number, number, readonly [Buffer | null, number]]
    const host =
      master[0] === null || master[0].length === 0 ? asked.slice(0, asked.lastIndexOf(':')) : String(master[0])
    return { from, to, address: `${host}:${master[1]}` }
  })
  return (slot) => ranges.find(({ from, to }) => slot >= from && slot <= to)?.address
}
