/** Where a channel lies: its hash tag, its keys, its slot. */
import type { ChannelName } from '../../protocol/name.js'
import { partitions } from './format.js'

const crcTable = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
  return crc
})

/** CRC16 as Redis Cluster counts slots with. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ crcTable[(crc >> 8) ^ byte]!
  return crc
}

/** Names and keys of one store. All keys of a partition share a hash tag, and so a slot. */
export class Keys {
  readonly #prefix: string
  /** Of each partition: its slot, and its four keys. */
  readonly slots: readonly number[]
  readonly #states: readonly (readonly string[])[]

  constructor(prefix: string) {
    this.#prefix = prefix
    const all = Array.from({ length: partitions }, (_, partition) => partition)
    this.slots = all.map((partition) => crc16(Buffer.from(String(partition))) % 16_384)
    this.#states = all.map((partition) => ['s', 'u', 'x', 'd'].map((kind) => `${prefix}:{${partition}}:${kind}`))
  }

  partitionOf(channel: ChannelName): number {
    return crc16(Buffer.from(channel)) % partitions
  }

  /** State, tombstones, deadlines, releases. */
  state(partition: number): readonly string[] {
    return this.#states[partition]!
  }

  /** Its record: the name of its wake-ups too. */
  record(channel: ChannelName, partition = this.partitionOf(channel)): string {
    return `${this.#prefix}:{${partition}}:c:${channel}`
  }

  /** Record, messages, order of keys. */
  of(channel: ChannelName, partition = this.partitionOf(channel)): readonly string[] {
    return this.#three(partition, ['c', 'm', 'o'], channel)
  }

  /** Where a fork is put together. */
  aside(partition: number, hold: string): readonly string[] {
    return this.#three(partition, ['fc', 'fm', 'fo'], hold)
  }

  #three(partition: number, kinds: readonly string[], name: string): readonly string[] {
    return kinds.map((kind) => `${this.#prefix}:{${partition}}:${kind}:${name}`)
  }
}
