/** Tests of the contract itself: what stores with fewer or more capabilities than the memory store are asked. */
import type { Store, StoreCapabilities, Wake } from '../core/store.js'
import { memory } from '../stores/memory/memory.js'
import { storeContract } from './store-contract.js'

/** The members of a store, of which some are replaced. */
function view(store: Store, members: Partial<Store>): Store {
  const bound = (name: keyof Store) => (store[name] as (...asked: never[]) => unknown).bind(store) as never
  const names = ['append', 'read', 'snapshot', 'position', 'create', 'configure', 'delete', 'touch'] as const
  const own = Object.fromEntries(names.map((name) => [name, bound(name)]))
  return { capabilities: store.capabilities, forks: store.forks, ...own, ...members } as Store
}

/** A store that several hubs share, and that outlives them: each has its own wake-ups. */
class Shared {
  readonly #store: Store
  readonly #capabilities: StoreCapabilities
  readonly #listeners = new Set<(wake: Wake) => void>()
  /** How many follow each channel. */
  readonly #followers = new Map<string, number>()

  constructor(store: Store, capabilities: Partial<StoreCapabilities>) {
    this.#store = store
    this.#capabilities = { ...store.capabilities, ...capabilities }
    store.watch((wake) => {
      for (const listener of this.#listeners) listener(wake)
    })
  }

  open(): Store {
    const followed = new Set<string>()
    let own: ((wake: Wake) => void) | undefined
    const unfollow = (channel: string) => {
      if (followed.delete(channel)) this.#count(channel, -1)
    }
    return view(this.#store, {
      capabilities: this.#capabilities,
      watch: (listener) => {
        own = (wake) => {
          if (wake.kind === 'discontinuity' || followed.has(wake.channel)) listener(wake)
        }
        this.#listeners.add(own)
      },
      follow: async (channel) => {
        if (!followed.has(channel)) this.#count(channel, 1)
        followed.add(channel)
        await this.#store.follow(channel)
      },
      unfollow,
      close: async () => {
        if (own) this.#listeners.delete(own)
        for (const channel of followed) unfollow(channel)
      },
    })
  }

  #count(channel: string, more: number): void {
    const count = (this.#followers.get(channel) ?? 0) + more
    this.#followers.set(channel, count)
    if (count === 0) this.#store.unfollow(channel)
  }
}

/** A store whose clock is that of the facts, with fewer abilities. */
const poor: StoreCapabilities = {
  ...memory().capabilities,
  retains: { messages: true, bytes: false, ageMs: false },
  keys: false,
  expiry: false,
  configure: false,
}

storeContract(
  'a store of few abilities',
  (options) => {
    const store = memory(options)
    return view(store, {
      capabilities: poor,
      forks: undefined,
      watch: (listener) => store.watch(listener),
      follow: (channel) => store.follow(channel),
      unfollow: (channel) => store.unfollow(channel),
      close: () => store.close(),
    })
  },
  { ...poor, forks: false },
)

const shared = new Shared(memory(), { acknowledged: 'power-loss', shared: true })
storeContract('a store that is shared and lasts', () => shared.open(), {
  acknowledged: 'power-loss',
  shared: true,
  clock: false,
})
