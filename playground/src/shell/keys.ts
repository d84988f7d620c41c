/** How a component follows a channel with keys: the newest of each, oldest key first. */
import type { Item } from 'anywire/client'
import { useEffect, useState } from 'preact/hooks'
import { client, complain } from './client.js'

export function useKeys<Data>(channel: string): ReadonlyMap<string, Data> {
  const [known, setKnown] = useState<ReadonlyMap<string, Data>>(new Map())
  useEffect(() => {
    const read = () => {
      setKnown(new Map())
      const take = (item: Item<Data | undefined>) => {
        if (item.kind === 'message') return setKnown((before) => changed(before, item.key, item.data))
        // Something is missing: the newest of each key is again what there is to know.
        subscription.close()
        subscription = read()
      }
      const opened = client.subscribe(channel, { from: 'snapshot' }, take)
      opened.closed.catch(complain)
      return opened
    }
    let subscription = read()
    return () => subscription.close()
  }, [channel])
  return known
}

function changed<Data>(known: ReadonlyMap<string, Data>, key: string | undefined, data: Data | undefined) {
  if (key === undefined) return known
  const next = new Map(known)
  if (data === undefined) next.delete(key)
  else next.set(key, data)
  return next
}
