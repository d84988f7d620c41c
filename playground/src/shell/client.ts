/** The one client of all pages, and how a component reads a channel with it. */
import { AnywireError, connect, type Item, type SubscribeOptions } from 'anywire/client'
import { useEffect, useRef } from 'preact/hooks'
import type { Channels } from '../channels.js'
import { fits } from '../checks.js'
import { toast } from './toasts.js'

export const client = connect<Channels>('/channels')

/** Tells the visitor of what went wrong for good. What a reconnect mends is no error. */
export function complain(thrown: unknown): void {
  toast(AnywireError.from(thrown).message)
}

/** Reads a channel as long as the component is shown; anew when the channel, the position or the rate is another. */
export function useChannel<Data>(
  channel: string,
  options: SubscribeOptions<Data>,
  onItem: (item: Item<Data>) => void,
): void {
  const { from, slow, rate, worker } = options
  const newest = useRef(onItem)
  newest.current = onItem
  useEffect(() => {
    const wanted = { from, slow, rate, worker }
    const subscription = client.subscribe(channel, wanted, (item: Item<Data>) => {
      // What a worker made of a message is the page's own.
      if (item.kind !== 'message' || worker || fits(channel, item.data)) newest.current(item)
    })
    subscription.closed.catch(complain)
    return () => subscription.close()
  }, [channel, from, slow, rate, worker && String(worker)])
}
