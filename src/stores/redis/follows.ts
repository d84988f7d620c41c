/** Which channels are followed, and where their wake-ups come from. */
import type { Wake } from '../../core/store.js'
import type { ChannelName } from '../../protocol/name.js'
import { decodeWake } from './codec.js'
import { offline } from './failures.js'
import type { Keys } from './names.js'
import type { RedisNode } from './node.js'
import type { Topology } from './topology.js'

export class Follows {
  /** By the key that its wake-ups are published under. */
  readonly #channels = new Map<string, ChannelName>()
  readonly #keys: Keys
  #topology: Topology | undefined
  #listener: ((wake: Wake) => void) | undefined

  constructor(keys: Keys) {
    this.#keys = keys
  }

  /** Nothing is followed before it. */
  begin(topology: Topology): void {
    this.#topology = topology
  }

  watch(listener: (wake: Wake) => void): void {
    this.#listener = listener
  }

  async follow(channel: ChannelName): Promise<void> {
    const partition = this.#keys.partitionOf(channel)
    const key = this.#keys.record(channel, partition)
    const node = this.#topology?.nodeOf(partition)
    if (!node) throw offline()
    this.#channels.set(key, channel)
    try {
      await node.subscriber.want(key)
    } catch (thrown) {
      if (!node.subscriber.wants(key)) this.#channels.delete(key)
      throw thrown
    }
  }

  unfollow(channel: ChannelName): void {
    const partition = this.#keys.partitionOf(channel)
    const key = this.#keys.record(channel, partition)
    if (!this.#channels.delete(key)) return
    for (const { subscriber } of this.#topology?.nodes ?? []) if (subscriber.wants(key)) subscriber.drop(key)
  }

  close(): void {
    this.#listener = undefined
    this.#channels.clear()
  }

  // ── what nodes tell ─────────────────────────────────────────────────────────────────────────────────────────────

  heard(key: string, message: Buffer): void {
    const channel = this.#channels.get(key)
    if (channel !== undefined) this.#listener?.(decodeWake(channel, message))
  }

  lost(node: RedisNode, keys?: readonly string[]): void {
    if (keys) {
      const some = new Set(keys.map((key) => this.#channels.get(key)))
      this.#listener?.({ kind: 'discontinuity', covers: (channel) => some.has(channel) })
    } else this.#lostWhere((partition) => this.#topology?.nodeOf(partition) === node)
  }

  /** What it held is gone. */
  lostPartition(lost: number): void {
    this.#lostWhere((partition) => partition === lost)
  }

  /** These partitions have another master: their wake-ups come from there. */
  rehomed(partition: number, from: RedisNode | undefined, to: RedisNode): void {
    const tag = this.#keys.record('', partition)
    const keys = [...this.#channels.keys()].filter((key) => key.startsWith(tag))
    if (keys.length === 0) return
    for (const key of keys) from?.subscriber.drop(key)
    to.subscriber.adopt(keys)
  }

  #lostWhere(covers: (partition: number) => boolean): void {
    this.#listener?.({ kind: 'discontinuity', covers: (channel) => covers(this.#keys.partitionOf(channel)) })
  }
}
