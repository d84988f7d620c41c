/** A store made of several: each has the channels of its name patterns, the last one all others. */
import { compilePattern } from '../core/pattern.js'
import { anObject } from '../core/shape.js'
import type {
  ChannelConfig,
  ForkOptions,
  ForkResult,
  Forks,
  Known,
  Retention,
  Store,
  StoreCapabilities,
  Wake,
} from '../core/store.js'
import { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'

/**
 * Stores by name pattern, as rules are: `routed({ '$stats/*': memory() }, rest)`. The first pattern that fits a channel
 * has it; `rest` has what no pattern fits, names that begin with `$` included. One store may stand for several
 * patterns. Closing it closes all of them. A fork stays within its source's store.
 * @throws AnywireError `bad-request` for a pattern or a store that cannot be.
 */
export function routed(stores: Readonly<Record<string, Store>>, rest: Store): Store {
  return new RoutedStore(stores, rest)
}

interface Route {
  readonly fits: (channel: ChannelName) => unknown
  readonly store: Store
}

class RoutedStore implements Store {
  readonly capabilities: StoreCapabilities
  readonly forks: Forks | undefined
  readonly #routes: readonly Route[]
  readonly #rest: Store
  /** Each once. */
  readonly #all: ReadonlySet<Store>

  constructor(stores: Readonly<Record<string, Store>>, rest: Store) {
    if (!anObject[1](stores)) throw wrong('the stores must be an object of stores by pattern')
    for (const [pattern, store] of Object.entries({ ...stores, 'all others': rest })) {
      if (typeof Object(store).append !== 'function')
        throw wrong(`what stands for ${JSON.stringify(pattern)} is no store`)
    }
    this.#routes = Object.entries(stores).map(([pattern, store]) => ({ fits: compilePattern(pattern), store }))
    this.#rest = rest
    this.#all = new Set([...Object.values(stores), rest])
    this.capabilities = weakest([...this.#all].map(({ capabilities }) => capabilities))
    this.forks = [...this.#all].some(({ forks }) => forks) ? this.#routedForks() : undefined
  }

  capabilitiesOf(channel: ChannelName): StoreCapabilities {
    const store = this.#of(channel)
    return store.capabilitiesOf?.(channel) ?? store.capabilities
  }

  append(...asked: Parameters<Store['append']>) {
    return this.#of(asked[0]).append(...asked)
  }

  read(...asked: Parameters<Store['read']>) {
    return this.#of(asked[0]).read(...asked)
  }

  snapshot(...asked: Parameters<Store['snapshot']>) {
    return this.#of(asked[0]).snapshot(...asked)
  }

  create(...asked: Parameters<Store['create']>) {
    return this.#of(asked[0]).create(...asked)
  }

  configure(...asked: Parameters<Store['configure']>) {
    return this.#of(asked[0]).configure(...asked)
  }

  delete(channel: ChannelName) {
    return this.#of(channel).delete(channel)
  }

  /** Channels of a store that cannot be asked are `away`; those of the others are answered. */
  async position(channels: readonly ChannelName[]): Promise<readonly Known[]> {
    const parts = this.#parts(channels)
    const [only] = parts
    if (only && parts.length === 1) return only.store.position(channels)
    const known: Known[] = new Array(channels.length).fill('away')
    const failures: unknown[] = []
    const ask = async ({ store, names, places }: Part) => {
      try {
        const answers = await store.position(names)
        for (const [index, place] of places.entries()) known[place] = answers[index] ?? 'away'
      } catch (thrown) {
        failures.push(thrown)
      }
    }
    await Promise.all(parts.map(ask))
    if (parts.length > 0 && failures.length === parts.length) throw failures[0]
    return known
  }

  touch(channels: readonly ChannelName[]): void {
    for (const { store, names } of this.#parts(channels)) store.touch(names)
  }

  /** A discontinuity of one store is one of its channels alone. */
  watch(listener: (wake: Wake) => void): void {
    for (const store of this.#all) {
      store.watch((wake) => {
        if (wake.kind !== 'discontinuity') return listener(wake)
        const { covers } = wake
        listener({ kind: 'discontinuity', covers: (name) => this.#of(name) === store && (!covers || covers(name)) })
      })
    }
  }

  follow(channel: ChannelName): Promise<void> {
    return this.#of(channel).follow(channel)
  }

  unfollow(channel: ChannelName): void {
    this.#of(channel).unfollow(channel)
  }

  async close(): Promise<void> {
    const closed = await Promise.allSettled([...this.#all].map((store) => store.close()))
    for (const one of closed) if (one.status === 'rejected') throw one.reason
  }

  #of(channel: ChannelName): Store {
    for (const { fits, store } of this.#routes) if (fits(channel)) return store
    return this.#rest
  }

  #parts(channels: readonly ChannelName[]): Part[] {
    const parts = new Map<Store, Part>()
    for (const [place, name] of channels.entries()) {
      const store = this.#of(name)
      const part = parts.get(store) ?? { store, names: [], places: [] }
      parts.set(store, part)
      part.names.push(name)
      part.places.push(place)
    }
    return [...parts.values()]
  }

  #routedForks(): Forks {
    const create = async (channel: ChannelName, config: ChannelConfig, options: ForkOptions): Promise<ForkResult> => {
      const store = this.#of(channel)
      const { source } = options.fork
      if (this.#of(source) !== store) {
        return { kind: 'conflict', why: `"${source}" is kept in another store: fork it to a name that is kept there.` }
      }
      if (!store.forks) return { kind: 'conflict', why: `The store of "${channel}" cannot fork.` }
      return store.forks.create(channel, config, options)
    }
    return {
      create,
      delete: (channel) => (this.#of(channel).forks ?? this.#of(channel)).delete(channel),
    }
  }
}

/** The channels of one call that one store has, and where they stand in the call. */
interface Part {
  readonly store: Store
  readonly names: ChannelName[]
  readonly places: number[]
}

const strengths = ['memory', 'process-crash', 'power-loss', 'replicated'] as const

/** What all of them can do. */
function weakest(all: readonly StoreCapabilities[]): StoreCapabilities {
  const every = (can: (one: StoreCapabilities) => boolean) => all.every(can)
  const retains = (name: keyof Retention) => every((one) => one.retains[name])
  return {
    acknowledged: strengths.find((strength) => all.some(({ acknowledged }) => acknowledged === strength)) ?? 'memory',
    shared: every(({ shared }) => shared),
    retains: { messages: retains('messages'), bytes: retains('bytes'), ageMs: retains('ageMs') },
    keys: every(({ keys }) => keys),
    expiry: every(({ expiry }) => expiry),
    configure: every(({ configure }) => configure),
  }
}

function wrong(what: string): AnywireError {
  return new AnywireError('bad-request', `The stores of routed(): ${what}.`)
}
