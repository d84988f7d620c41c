/** Redis as the store asks it: scripts on channels, within a time, wherever the channels lie. */
import { Deadlines } from '../../core/deadlines.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Reply } from './codec.js'
import { failure } from './failures.js'
import type { Keys } from './names.js'
import type { Script } from './scripts.js'
import type { Topology } from './topology.js'

/** A channel, and where it lies. */
export interface Placed {
  readonly channel: ChannelName
  readonly partition: number
}

/** Redis did not answer in time. */
export class LateError extends Error {}

export interface EngineOptions {
  readonly keys: Keys
  readonly topology: Topology
  readonly timeoutMs: number
  readonly now?: (() => number) | undefined
}

export class RedisEngine {
  readonly keys: Keys
  readonly topology: Topology
  readonly timeoutMs: number
  readonly #now: (() => number) | undefined
  readonly #deadlines: Deadlines

  constructor({ keys, topology, timeoutMs, now }: EngineOptions) {
    this.keys = keys
    this.topology = topology
    this.timeoutMs = timeoutMs
    this.#now = now
    this.#deadlines = new Deadlines(timeoutMs, () => new LateError(`Redis did not answer within ${timeoutMs} ms.`))
  }

  placed(channel: ChannelName): Placed {
    return { channel, partition: this.keys.partitionOf(channel) }
  }

  /** @throws AnywireError `store-down` if certainly nothing was done, anything else if that is not known. */
  async run(script: Script, partition: number, keys: readonly string[], args: readonly (string | Buffer)[]) {
    const call = { script, keys, args: [this.#time(), seed(), ...args] }
    return this.#deadlines.within<Reply>(this.topology.run(partition, call), (thrown) => {
      throw failure(thrown)
    })
  }

  /** A script about one channel. */
  async on(script: Script, channel: ChannelName, ...args: readonly (string | Buffer)[]): Promise<Reply> {
    const { keys } = this
    const partition = keys.partitionOf(channel)
    return this.run(script, partition, [...keys.state(partition), ...keys.of(channel, partition)], [channel, ...args])
  }

  /** Those that one script may touch, together. */
  grouped<T extends Placed>(placed: readonly T[]): readonly (readonly T[])[] {
    const groups = new Map<number, T[]>()
    for (const one of placed) {
      const group = this.topology.groupOf(one.partition)
      const members = groups.get(group)
      if (members) members.push(one)
      else groups.set(group, [one])
    }
    return [...groups.values()]
  }

  /** Fails what is under way. */
  close(): void {
    this.#deadlines.end(new Error('The store is closed.'))
    this.topology.close()
  }

  #time(): string {
    return this.#now ? String(this.#now()) : ''
  }
}

/** What chance is drawn from in a script: numbers that Redis' own generator gives are the same in every run. */
function seed(): string {
  return String(1 + Math.floor(Math.random() * 2_147_483_000))
}

/**
 * Keys and arguments of a script about several channels: the keys of their partitions, then `of` each; the number of
 * partitions, then of each channel its name and the place of its partition.
 */
export function addressed(keys: Keys, placed: readonly Placed[], of: (one: Placed) => readonly string[]) {
  const places = new Map<number, number>()
  for (const { partition } of placed) if (!places.has(partition)) places.set(partition, places.size)
  return {
    keys: [...[...places.keys()].flatMap((partition) => keys.state(partition)), ...placed.flatMap(of)],
    count: String(places.size),
    args: placed.flatMap(({ channel, partition }) => [channel, String(places.get(partition))]),
  }
}
