/** Reads the prices into the book: a snapshot, then everything after; and a snapshot again when too much was missed to catch up on. */
import type { Item } from 'anywire/client'
import { useEffect, useState } from 'preact/hooks'
import { client, complain } from '../shell/client.js'
import type { Book } from './book.js'
import type { Frame } from './rows.js'

const worker = new URL('./rows.js', import.meta.url)

export type Rate = 'all' | '10' | '2'

/** The instruments, as they become known. */
export function usePrices(book: Book, rate: Rate): readonly string[] {
  const [symbols, setSymbols] = useState(book.symbols)
  useEffect(() => {
    // Who is written to less often gets the newest of each row, not all that it has missed.
    const reading = rate === 'all' ? {} : ({ rate: Number(rate), slow: 'conflate' } as const)
    const read = () => {
      const take = (item: Item<Frame>) => {
        if (item.kind === 'message') {
          book.take(item.data)
          setSymbols(book.symbols)
        } else if (item.kind === 'gap' && item.reason !== 'conflated') {
          subscription.close()
          subscription = read()
        }
      }
      const opened = client.subscribe('ticker/prices', { from: 'snapshot', worker, ...reading }, take)
      opened.closed.catch(complain)
      return opened
    }
    let subscription = read()
    return () => subscription.close()
  }, [book, rate])
  return symbols
}
