/** What this browser keeps of channels, of one principal: loaded when it is first asked for. */
import type { EntryKey } from './cache/ledger.js'
import { OwnPage, type PageClient } from './cache/page.js'
import type { CachePlace } from './cache/place.js'
import { Shelf } from './cache/shelf.js'
import type { Cache } from './cached.js'
import type { State } from './stats.js'

const opened = new WeakMap<PageClient, Cache>()

/** The same for each call of a client. Without a place, or the option, nothing is kept, and nothing found. */
export function openCache(client: PageClient, { place }: { readonly place?: CachePlace | undefined }): Cache {
  const before = opened.get(client)
  if (before) return before
  const shelf = new Shelf(place?.options.cache ? place : undefined)
  const follow = (state: State) => state === 'open' && void shelf.connected()
  client.state.subscribe(follow)
  follow(client.state.value)
  const cache = createCache(client, shelf)
  opened.set(client, cache)
  return cache
}

function createCache(client: PageClient, shelf: Shelf): Cache {
  return {
    page: (channel, options = {}) => new OwnPage(client, shelf, channel, options) as never,
    async document(channel, parts) {
      const key: EntryKey = ['document', channel, '']
      const { values = [], at } = (await shelf.read<Uint8Array>(key)) ?? {}
      return {
        updates: values,
        asOf: at,
        confirmed: shelf.confirmed,
        add: (update, isNewest) => shelf.addUpdate(key, isNewest ? Date.now() : undefined, update, parts),
        failed: (error) => void shelf.failed(key, error),
      }
    },
    clear: () => shelf.clear(),
  }
}
