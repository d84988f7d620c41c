/** Works through a list, with a limited number at a time, and yields to the event loop in between. */
import { setImmediate as turn } from 'node:timers/promises'

export interface AtMostOptions {
  /** How many may be under way. */
  readonly most: number
  /** Resolves when the next may begin; undefined: at once. Rejects to begin none any more. */
  readonly ready?: () => Promise<void> | undefined
}

/** Begins them in their order, and answers in it. Rejects when one does. */
export async function atMost<T, R>(
  items: readonly T[],
  { most, ready }: AtMostOptions,
  act: (item: T) => Promise<R>,
): Promise<R[]> {
  const [only] = items
  if (only !== undefined && items.length === 1) {
    const waits = ready?.()
    if (waits) await waits
    return [await act(only)]
  }
  let underWay = 0
  let ended: () => void = () => undefined
  const all: Promise<R>[] = []
  for (const [i, item] of items.entries()) {
    if (i > 0 && i % most === 0) await turn()
    const waits = ready?.()
    if (waits) await waits
    if (underWay >= most)
      await new Promise<void>((resolve) => {
        ended = resolve
      })
    underWay++
    const one = act(item).finally(() => {
      underWay--
      ended()
    })
    one.catch(() => undefined)
    all.push(one)
  }
  return Promise.all(all)
}
