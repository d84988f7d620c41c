/** The one client of all pages, and how a component reads a channel with it. */
import { AnywireError, connect, type Item, type OnItem, type SubscribeOptions } from 'anywire/client'
import { useEffect, useRef } from 'preact/hooks'
import type { Channels } from '../channels.js'
import { fits } from '../checks.js'
import { toast } from './toasts.js'

export const client = connect<Channels>('/channels')

type Told = (channel: string, data: unknown) => void
const told = new Set<Told>()

/** Tells of each message that a callback of this page is given. Answers what ends that. */
export function onMessage(tell: Told): () => void {
  told.add(tell)
  return () => told.delete(tell)
}

const { subscribe } = client
// Every page reads by the one client, so that what it reads can be shown in one place.
client.subscribe = ((channel: string, options: SubscribeOptions | OnItem, onItem?: OnItem) => {
  const given = typeof options === 'function' ? options : onItem
  const take: OnItem | undefined =
    given &&
    ((item) => {
      if (item.kind === 'message') for (const tell of told) tell(channel, item.data)
      return given(item)
    })
  return subscribe(channel, typeof options === 'function' ? {} : options, take)
}) as typeof subscribe

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
