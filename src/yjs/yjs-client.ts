/** What the provider needs of a client. */
import type { Cache } from '../client/cached.js'
import type { SubscribeOptions } from '../client/client.js'
import type { Item } from '../client/item.js'
import type { Signal } from '../client/signal.js'
import type { State } from '../client/stats.js'
import type { Subscription } from '../client/subscription.js'

/** What of a client is used. */
export interface YjsClient {
  readonly state: Signal<State>
  subscribe(channel: string, options: SubscribeOptions, onItem: (item: Item) => void): Subscription
  publish(channel: string, data: unknown, options?: { readonly queued?: () => void }): Promise<unknown>
  /** Where documents are kept; without it, nowhere. */
  cache?(): Promise<Pick<Cache, 'document'>>
}
