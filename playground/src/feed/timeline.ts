/** One line of time from many channels: a subscription for each author, begun and ended while the others go on. */

import type { Item, Subscription } from 'anywire/client'
import type { Post } from '../channels.js'
import { fits } from '../checks.js'
import { client, complain } from '../shell/client.js'
import { Value } from '../shell/value.js'

export type Entry =
  | { readonly kind: 'post'; readonly id: string; readonly author: string; readonly at: number; readonly post: Post }
  | {
      readonly kind: 'gap'
      readonly id: string
      readonly author: string
      readonly at: number
      readonly missed: number | undefined
    }

const shown = 20

export class Timeline {
  /** Newest first. */
  readonly entries = new Value<readonly Entry[]>([])
  readonly #readings = new Map<string, Subscription<Post>>()

  /** Reads these authors and no others. What changes in one turn travels as one request. */
  follow(authors: ReadonlySet<string>): void {
    for (const author of authors) if (!this.#readings.has(author)) this.#begin(author)
    for (const author of this.#readings.keys()) if (!authors.has(author)) this.#end(author)
  }

  close(): void {
    this.follow(new Set())
  }

  #begin(author: string): void {
    const channel = `feed/posts/${author}` as const
    const take = (item: Item<Post>) => {
      if (item.kind !== 'message' || fits(channel, item.data)) this.#put(entryOf(author, item))
    }
    const reading = client.subscribe(channel, { from: `last-${shown}` }, take)
    reading.closed.catch(complain)
    this.#readings.set(author, reading)
  }

  #end(author: string): void {
    this.#readings.get(author)?.close()
    this.#readings.delete(author)
    this.entries.set(this.entries.value.filter((entry) => entry.author !== author))
  }

  #put(entry: Entry): void {
    this.entries.set([entry, ...this.entries.value].sort((a, b) => b.at - a.at))
  }
}

function entryOf(author: string, item: Item<Post>): Entry {
  const id = `${author} ${item.kind === 'gap' ? item.to : item.offset}`
  if (item.kind === 'message') return { kind: 'post', id, author, at: item.data.at, post: item.data }
  // A position begins with its microsecond. A post that cannot be handed over is one that is missed.
  const [position, missed] = item.kind === 'gap' ? [item.to, item.missed] : [item.offset, 1]
  return { kind: 'gap', id, author, at: Number(position.slice(0, 16)) / 1000, missed }
}
