/** How one follows a channel with keys: the newest of each, oldest key first. */

import type { Item } from 'anywire/client'
import { useEffect, useState } from 'preact/hooks'
import { fits } from '../checks.js'
import { client, complain } from './client.js'

export function useKeys<Data>(channel: string): ReadonlyMap<string, Data> {
  const [known, setKnown] = useState<ReadonlyMap<string, Data>>(new Map())
  useEffect(() => {
    setKnown(new Map())
    return followKeys(channel, setKnown)
  }, [channel])
  return known
}

/** Tells of the newest of each key, once for all that arrives together. Answers what ends it. */
export function followKeys<Data>(channel: string, onChange: (known: ReadonlyMap<string, Data>) => void): () => void {
  let known = new Map<string, Data>()
  let wanted = true
  let untold = false
  const tell = () => {
    untold = false
    if (wanted) onChange(new Map(known))
  }
  const read = () => {
    const take = (item: Item<Data | undefined>) => {
      if (item.kind === 'gap') {
        // Something is missing: the newest of each key is again what there is to know.
        known = new Map()
        subscription.close()
        subscription = read()
      } else if (item.kind === 'message' && item.key !== undefined && fits(channel, item.data)) {
        if (item.data === undefined) known.delete(item.key)
        else known.set(item.key, item.data)
      }
      if (!untold) queueMicrotask(tell)
      untold = true
    }
    const opened = client.subscribe(channel, { from: 'snapshot' }, take)
    opened.closed.catch(complain)
    return opened
  }
  let subscription = read()
  return () => {
    wanted = false
    subscription.close()
  }
}
