/** `useChannel`: the newest messages of a channel. */
import { useMemo, useSyncExternalStore } from 'react'
import type { SubscribeOptions } from '../client/client.js'
import type { Item, MessageItem } from '../client/item.js'
import { useClient } from './provider.js'
import { nothing, ReactReading, type ReadingView } from './reading.js'
import type { Data, Name } from './register.js'

/** A schema is taken when reading begins: another one later changes nothing. */
export interface UseChannelOptions<Output = unknown> extends Omit<SubscribeOptions<Output>, 'signal'> {
  /** How many messages are kept to show. @default 100 @unit messages */
  readonly keep?: number | undefined
}

export interface ChannelView<Output = unknown> extends ReadingView<Output> {
  /** The newest `keep` messages, oldest first; an offset is a good `key`. */
  readonly messages: readonly MessageItem<Output>[]
}

const empty: ChannelView = { ...nothing, messages: [] }

/**
 * Reads a channel while the component is shown: it renders once for all that came together, and again from the
 * beginning when the channel or an option changes. Reads nothing for `undefined`, and on a server.
 */
export function useChannel<Of extends Name, Output = Data<Of>>(
  channel: Of | undefined,
  options: UseChannelOptions<Output> = {},
): ChannelView<Output> {
  const { keep = 100 } = options
  const open = useOpen(channel, options)
  const reading = useMemo(() => {
    const add = ({ messages }: ChannelView, more: readonly MessageItem[]) => ({
      messages: keep > 0 ? [...messages, ...more].slice(-keep) : [],
    })
    return new ReactReading({ open, empty, add })
  }, [open, keep])
  return useSyncExternalStore(reading.subscribe, reading.view, reading.view) as ChannelView<Output>
}

/** The same function as long as the same is to be read. */
export function useOpen<Output>(channel: string | undefined, options: UseChannelOptions<Output>) {
  const client = useClient()
  const { from, slow, rate, schema } = options
  const worker = options.worker && String(options.worker)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a schema made while rendering is another one each time
  return useMemo(
    () => (at: string | undefined, onItem: (item: Item) => void) => {
      if (channel === undefined) return undefined
      return client?.subscribe<string, unknown>(channel, { from: at ?? from, slow, rate, schema, worker }, onItem)
    },
    [client, channel, from, slow, rate, worker],
  )
}
