/** Work on messages before they are handed on: the application's module where they arrive, or a schema in the page. */
import type { MessageItem } from './item.js'

export interface Work<Any> {
  /** What is made is handed on in the order of the items; what is no message as it is. */
  items(items: readonly Any[], position: string): void
  /** Acts when all that has come is handed on. */
  behind(act: () => void): void
}

/**
 * What was made before one failed is handed on; after it nothing is, and `failed` is told what was thrown, perhaps more
 * than once.
 */
export function createWork<Any extends { readonly kind: string }>(
  make: (message: MessageItem) => Any | Promise<Any>,
  hand: (made: readonly Any[], position: string, of: number) => void,
  failed: (thrown: unknown) => void,
): Work<Any> {
  let turn: Promise<unknown> = Promise.resolve()
  const next = (act: () => unknown) => {
    turn = turn.then(act)
    turn.catch(failed)
  }
  return {
    items: (items, position) =>
      next(async () => {
        const made: Any[] = []
        try {
          for (const item of items) made.push(item.kind === 'message' ? await make(item as never) : item)
        } finally {
          hand(made, position, items.length)
        }
      }),
    behind: next,
  }
}
