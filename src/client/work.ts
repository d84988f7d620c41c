/** Work on messages before they are handed on: the application's module where they arrive, or a schema in the page. */
import type { Item, MessageItem } from './item.js'

/** New data of a message, at once or later. */
export type Make = (message: MessageItem) => unknown

export interface Work {
  /** What is made is handed on in the order of the items; gaps as they are. */
  items(items: readonly Item[], position: string): void
  /** Acts when all that has come is handed on. */
  behind(act: () => void): void
}

/** What was made before one failed is handed on; after it nothing is, and `failed` is told what was thrown, perhaps more than once. */
export function createWork(
  making: Promise<Make>,
  hand: (made: readonly Item[], position: string, of: number) => void,
  failed: (thrown: unknown) => void,
): Work {
  let turn: Promise<unknown> = making
  const next = (act: () => unknown) => {
    turn = turn.then(act)
    turn.catch(failed)
  }
  making.catch(failed)
  return {
    items: (items, position) =>
      next(async () => {
        const make = await making
        const made: Item[] = []
        try {
          for (const item of items) made.push(item.kind === 'gap' ? item : { ...item, data: await make(item) })
        } finally {
          hand(made, position, items.length)
        }
      }),
    behind: next,
  }
}
