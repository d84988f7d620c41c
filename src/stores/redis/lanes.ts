/** Appends, joined: what comes while a script is under way goes with the next one, whatever the channel. */
import { limitDefaults } from '../../core/limits.js'
import type { AppendOptions, AppendResult, NewMessage } from '../../core/store.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import { packAppend, packAppends, type Reply } from './codec.js'
import { addressed, LateError, type Placed, type RedisEngine } from './engine.js'
import { failure, fullness, offline } from './failures.js'
import { decodeOutcome } from './outcomes.js'
import { scripts } from './scripts.js'

/** Of one script at most: others wait for it as long as it runs. */
const mostAppends = 512
const mostBytes = 1_048_576

interface Append extends Placed {
  readonly bytes: Buffer
  /** Has a producer, so that it may be asked for again: it is stored once. */
  readonly repeatable: boolean
  readonly resolve: (result: AppendResult) => void
  readonly reject: (thrown: unknown) => void
}

interface Lane {
  /** One of those whose appends travel in it. */
  readonly partition: number
  readonly waiting: Append[]
  running: boolean
}

export class Lanes {
  readonly #engine: RedisEngine
  readonly #lanes = new Map<number, Lane>()

  constructor(engine: RedisEngine) {
    this.#engine = engine
  }

  append(channel: ChannelName, messages: readonly NewMessage[], options: AppendOptions): Promise<AppendResult> {
    const placed = this.#engine.placed(channel)
    if (!this.#engine.topology.nodeOf(placed.partition)?.ready) return Promise.reject(offline())
    const { maxProducers = limitDefaults.producersPerChannel, producer } = options
    const bytes = packAppend(messages, options, maxProducers, step())
    return new Promise((resolve, reject) => {
      const lane = this.#laneOf(placed.partition)
      lane.waiting.push({ ...placed, bytes, repeatable: producer !== undefined, resolve, reject })
      if (!lane.running) void this.#run(lane)
    })
  }

  #laneOf(partition: number): Lane {
    const group = this.#engine.topology.groupOf(partition)
    let lane = this.#lanes.get(group)
    if (!lane) {
      lane = { partition, waiting: [], running: false }
      this.#lanes.set(group, lane)
    }
    return lane
  }

  async #run(lane: Lane): Promise<void> {
    lane.running = true
    // What else this turn appends goes with the first.
    await undefined
    while (lane.waiting.length > 0) {
      const some = take(lane.waiting)
      await this.#ask(lane, some).catch((thrown) => this.#failed(lane, some, thrown))
    }
    lane.running = false
  }

  /** All of it or nothing. */
  async #ask({ partition }: Lane, appends: readonly Append[]): Promise<void> {
    const channels = byChannel(appends)
    const { keys, count, args } = addressed(
      this.#engine.keys,
      channels.map(([first]) => first),
      ({ channel, partition }) => this.#engine.keys.of(channel, partition),
    )
    const blob = Buffer.concat(channels.map((some) => packAppends(some.map(({ bytes }) => bytes))))
    const all = [count, String(channels.length), ...args, blob]
    const answers = (await this.#engine.run(scripts.append, partition, keys, all)) as readonly Reply[]
    for (const [index, append] of channels.flat().entries()) append.resolve(decodeOutcome(answers[index] ?? null))
  }

  /**
   * What certainly was not done fails. What may have been done is asked for once more if it has a producer and Redis is
   * there in time; what waits behind it has not been sent, and waits for nothing.
   */
  async #failed(lane: Lane, appends: readonly Append[], thrown: unknown): Promise<void> {
    const why = fullness((thrown as Error).cause)
    if (why !== undefined) return appends.forEach(({ resolve }) => void resolve({ kind: 'full', why }))
    if (thrown instanceof AnywireError) return appends.forEach(({ reject }) => void reject(thrown))
    const [again, lost] = split(appends, ({ repeatable }) => repeatable && !(thrown instanceof LateError))
    for (const { resolve } of lost) resolve({ kind: 'unknown', cause: thrown })
    const node = this.#engine.topology.nodeOf(lane.partition)
    if (thrown instanceof LateError || !node?.ready) for (const { reject } of lane.waiting.splice(0)) reject(offline())
    if (again.length === 0) return
    await node?.next(this.#engine.timeoutMs / 2)
    await this.#ask(lane, again).catch((later) => {
      for (const { resolve } of again) resolve({ kind: 'unknown', cause: failure(later) })
    })
  }
}

/**
 * How far a *when* is set beyond the one before it, in microseconds: 1 to 1,000, so that no other log mints the same.
 */
const step = (): number => 1 + Math.floor(Math.random() * 1_000)

function take(waiting: Append[]): Append[] {
  let bytes = 0
  let count = 0
  for (const append of waiting) {
    bytes += append.bytes.length
    if (count > 0 && (count >= mostAppends || bytes > mostBytes)) break
    count++
  }
  return waiting.splice(0, count)
}

function byChannel(appends: readonly Append[]): [Append, ...Append[]][] {
  const channels = new Map<ChannelName, [Append, ...Append[]]>()
  for (const append of appends) {
    const some = channels.get(append.channel)
    if (some) some.push(append)
    else channels.set(append.channel, [append])
  }
  return [...channels.values()]
}

/** Those that fit, and the others. */
function split<T>(all: readonly T[], fits: (one: T) => boolean): [T[], T[]] {
  return [all.filter(fits), all.filter((one) => !fits(one))]
}
