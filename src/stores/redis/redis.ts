/** The Redis store: channels on one Redis, behind Sentinels, or on a cluster, for any number of hubs. */
import type {
  AppendOptions,
  AppendResult,
  ChannelConfig,
  ChannelInfo,
  CreateOptions,
  CreateResult,
  Known,
  Limit,
  NewMessage,
  Policy,
  ReadResult,
  Store,
  StoreCapabilities,
  Wake,
} from '../../core/store.js'
import { storeDown } from '../../core/store-down.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Offset, Position } from '../../protocol/offset.js'
import { decodeInfo, packAppend, placeOf, type Reply } from './codec.js'
import { addressed, type Placed, type RedisEngine } from './engine.js'
import { fullness, OtherFormat } from './failures.js'
import type { Follows } from './follows.js'
import { existingOf, RedisForks } from './forks.js'
import { Lanes } from './lanes.js'
import { openEngine } from './open.js'
import type { RedisOptions } from './options.js'
import { decodeRead } from './pages.js'
import { Releases } from './releases.js'
import { scripts } from './scripts.js'
import { Sweeper } from './sweeper.js'

/** Channels of one script: what others ask waits as long as it runs. */
const atOnce = 250

/**
 * Opens the store. Needs the package `@redis/client`.
 * @throws AnywireError `bad-request` for an option that cannot be, a Redis that is too old, forgets by itself or holds
 * another format; `store-down` where it cannot be reached; `internal` where the package is not installed.
 */
export async function redis(options: RedisOptions = {}): Promise<Store> {
  const { engine, follows, acknowledged } = await openEngine(options)
  const store = new RedisStore(engine, follows, acknowledged)
  try {
    await store.look()
  } catch (thrown) {
    await store.close()
    if (thrown instanceof OtherFormat) throw new AnywireError('bad-request', thrown.message, { cause: thrown })
    throw thrown
  }
  return store
}

class RedisStore implements Store {
  readonly capabilities: StoreCapabilities
  readonly forks: RedisForks
  readonly #engine: RedisEngine
  readonly #follows: Follows
  readonly #lanes: Lanes
  readonly #sweeper: Sweeper

  constructor(engine: RedisEngine, follows: Follows, acknowledged: StoreCapabilities['acknowledged']) {
    const retains = { messages: true, bytes: true, ageMs: true }
    this.capabilities = { acknowledged, shared: true, retains, keys: true, expiry: true, configure: true }
    this.#engine = engine
    this.#follows = follows
    this.#lanes = new Lanes(engine)
    const releases = new Releases(engine)
    this.forks = new RedisForks(engine, releases)
    const tend = (channels: readonly ChannelName[]) => this.#tend(channels, false)
    this.#sweeper = new Sweeper({ engine, releases, tend, lost: (partition) => follows.lostPartition(partition) })
  }

  /** @throws AnywireError if what is there cannot be read. */
  look(): Promise<void> {
    return this.#sweeper.look()
  }

  // ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────

  append(channel: ChannelName, messages: readonly NewMessage[], options: AppendOptions = {}): Promise<AppendResult> {
    return this.#lanes.append(channel, messages, options)
  }

  async create(channel: ChannelName, config: ChannelConfig, options: CreateOptions = {}): Promise<CreateResult> {
    const { messages = [], closed: close } = options
    const step = 1 + Math.floor(Math.random() * 1_000)
    try {
      const first = packAppend(messages, { close, create: config }, 0, step)
      const reply = (await this.#engine.on(scripts.create, channel, first)) as readonly Reply[]
      return existingOf(channel, reply, config, options) ?? { kind: 'created', info: decodeInfo(reply[1]!) }
    } catch (thrown) {
      const why = fullness((thrown as Error).cause)
      if (why === undefined) throw thrown
      return { kind: 'full', why }
    }
  }

  async configure(channel: ChannelName, { retain, maxKeys }: Policy): Promise<'configured' | 'missing'> {
    const limits = [retain.messages, retain.bytes, retain.ageMs, maxKeys].map((limit) => String(limit ?? -1))
    return (await this.#engine.on(scripts.configure, channel, ...limits)) === 1 ? 'configured' : 'missing'
  }

  delete(channel: ChannelName): Promise<'deleted' | 'missing' | 'gone'> {
    return this.forks.remove(channel, false)
  }

  touch(channels: readonly ChannelName[]): void {
    // Nobody waits for it; what is not renewed now is renewed the next time.
    this.#tend(channels, true).catch(() => undefined)
  }

  // ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

  read(channel: ChannelName, position: Position, limit: Limit): Promise<ReadResult> {
    switch (position.kind) {
      case 'start':
      case 'now':
        return this.#read(channel, [position.kind, '0', '0'], limit)
      case 'last':
        return this.#read(channel, ['last', String(position.count), '0'], limit)
      case 'at':
        return this.#read(channel, ['at', ...placeOf(position.offset)], limit)
      case 'snapshot':
        return this.snapshot(channel, undefined, undefined, limit)
    }
  }

  snapshot(
    channel: ChannelName,
    after: Offset | undefined,
    until: Offset | undefined,
    limit: Limit,
  ): Promise<ReadResult> {
    const [from, to] = [after, until].map((offset) => (offset === undefined ? ['-1', '-1'] : placeOf(offset)))
    return this.#read(channel, ['snapshot', ...from!], { ...limit, align: undefined }, to)
  }

  async #read(channel: ChannelName, asked: readonly string[], limit: Limit, until: readonly string[] = []) {
    const { messages, bytes, align = 0 } = limit
    const limits = [messages, bytes, align].map(String)
    const reply = await this.#engine.on(scripts.read, channel, ...asked, ...limits, ...until)
    return decodeRead(reply as readonly Reply[])
  }

  /** Channels of masters that cannot be asked are `away`; those of the others are answered. */
  async position(channels: readonly ChannelName[]): Promise<readonly Known[]> {
    const known: Known[] = new Array(channels.length).fill('away')
    const failures: unknown[] = []
    const ask = async (some: readonly (Placed & { place: number })[]) => {
      try {
        const answers = await this.#positions(some)
        for (const [index, { place }] of some.entries()) known[place] = answers[index]!
      } catch (thrown) {
        failures.push(thrown)
      }
    }
    const parts = this.#parts(channels)
    await Promise.all(parts.map(ask))
    if (parts.length > 0 && failures.length === parts.length) {
      throw failures[0] instanceof AnywireError ? failures[0] : storeDown(failures[0])
    }
    return known
  }

  async #positions(some: readonly Placed[]): Promise<readonly Known[]> {
    const { keys } = this.#engine
    const asked = addressed(keys, some, ({ channel, partition }) => [keys.record(channel, partition)])
    const args = [asked.count, ...asked.args]
    const reply = await this.#engine.run(scripts.position, some[0]!.partition, asked.keys, args)
    const answers = reply as readonly Reply[]
    const due = some.filter((_, index) => String(answers[index]) === 'due')
    const tended = due.length > 0 ? await this.#tendSome(due, false) : []
    return answers.map((answer) => (String(answer) === 'due' ? tended.shift()! : knownOf(answer)))
  }

  async #tend(channels: readonly ChannelName[], used: boolean): Promise<void> {
    await Promise.all(this.#parts(channels).map((some) => this.#tendSome(some, used)))
  }

  async #tendSome(some: readonly Placed[], used: boolean): Promise<Known[]> {
    const { keys } = this.#engine
    const asked = addressed(keys, some, ({ channel, partition }) => keys.of(channel, partition))
    const args = [used ? '1' : '0', asked.count, ...asked.args]
    const reply = await this.#engine.run(scripts.tend, some[0]!.partition, asked.keys, args)
    return (reply as readonly Reply[]).map(knownOf)
  }

  /** Those of one script, together. */
  #parts(channels: readonly ChannelName[]) {
    const placed = channels.map((channel, place) => ({ ...this.#engine.placed(channel), place }))
    return this.#engine
      .grouped(placed)
      .flatMap((group) =>
        Array.from({ length: Math.ceil(group.length / atOnce) }, (_, part) =>
          group.slice(part * atOnce, (part + 1) * atOnce),
        ),
      )
  }

  // ── waking ──────────────────────────────────────────────────────────────────────────────────────────────────────

  watch(listener: (wake: Wake) => void): void {
    this.#follows.watch(listener)
  }

  follow(channel: ChannelName): Promise<void> {
    return this.#follows.follow(channel)
  }

  unfollow(channel: ChannelName): void {
    this.#follows.unfollow(channel)
  }

  async close(): Promise<void> {
    this.#sweeper.close()
    this.#follows.close()
    this.#engine.close()
  }
}

function knownOf(answer: Reply): ChannelInfo | 'gone' {
  return String(answer) === 'gone' ? 'gone' : decodeInfo(answer)
}
