/** What a store says of one channel. */
import type { ChannelName } from '../protocol/name.js'
import type { ChannelInfo, Store } from './store.js'
import { storeDown } from './store-down.js'

/** What is known of a channel now. @throws AnywireError `store-down` if the store cannot say. */
export async function infoOf(store: Pick<Store, 'position'>, channel: ChannelName): Promise<ChannelInfo | 'gone'> {
  const [info] = await store.position([channel])
  if (info !== undefined && info !== 'away') return info
  throw storeDown(new Error(`The part of the store that has ${JSON.stringify(channel)} is away.`))
}
