/** A subscription as the application holds it: a loop over items, or a callback. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { AnywireError } from '../protocol/error.js'
import type { Offset } from '../protocol/offset.js'
import type { Item, MessageItem } from './item.js'
import type { Wish } from './port.js'
import { createWork } from './work.js'

export interface Subscription<Data = unknown> extends AsyncIterableIterator<Item<Data>, undefined>, AsyncDisposable {
  readonly channel: string
  /** The position after the newest item that has arrived, which a loop may not have reached: to go on behind an item, give its `offset` as `from`. Undefined before the server has said where reading begins. */
  readonly position: Offset | undefined
  /** Resolves with the position once the server has said where reading begins. @throws AnywireError if it never does. */
  readonly opened: Promise<Offset>
  /** Resolves when it is over: left, or the channel was closed and read to its end. Of a subscription with a callback, see to its rejection. @throws AnywireError what else ended it. */
  readonly closed: Promise<void>
  /** Ends it: nothing comes after this. */
  close(): void
}

export interface Line {
  /** The application took so many items. */
  consumed(count: number): void
  /** It left before the end. */
  left(): void
}

/** The subscription, with what its client does to it. */
export interface Reading extends Subscription {
  /** What to ask of another core. */
  readonly again: Wish
  begins(offset: Offset): void
  /** Items have arrived; the reading stands at `position`. */
  take(items: readonly Item[], position: Offset): void
  /** Nothing arrives any more. */
  last(error?: AnywireError): void
  /** It is over, whatever has arrived. */
  ends(error?: AnywireError): void
}

/** Told in portions, so that not each item makes a message. */
const portion = 100

export function createReading(
  wish: Wish,
  line: Line,
  schema?: StandardSchemaV1,
  onItem?: (item: Item) => void,
): Reading {
  const { channel } = wish
  const opened = createDeferred<Offset>()
  const closed = createDeferred<void>()
  const done = { done: true, value: undefined } as const
  let items: Item[] = []
  let taken = 0
  let over = false
  let position: Offset | undefined
  /** Where to read on if the core is lost. */
  let resume = wish.offset
  let waiting = () => {}

  const consumed = (count: number) => {
    taken += count
    if (over || (taken < portion && items.length > 0)) return
    line.consumed(taken)
    taken = 0
  }
  const ends = (error?: AnywireError) => {
    if (over) return
    over = true
    waiting()
    if (error) closed.reject(error)
    else closed.resolve()
    opened.reject(error ?? new AnywireError('closed', `What reads "${channel}" is over.`))
  }
  const close = () => {
    items = []
    if (!over) line.left()
    ends()
  }
  /** The application's own callback or schema threw: as in a loop that is the end. */
  const breaks = (cause: unknown) => {
    if (!over) line.left()
    ends(AnywireError.from(cause, `What reads "${channel}" failed: ${cause}`))
  }
  const hand = (come: readonly Item[]) => {
    if (over) return
    if (onItem) {
      try {
        for (const item of come) if (!over) onItem(item)
      } catch (thrown) {
        return breaks(thrown)
      }
      consumed(come.length)
    } else {
      items = items.concat(come)
      waiting()
    }
  }
  const check = async ({ data }: MessageItem) => {
    const result = await schema!['~standard'].validate(data)
    if (!result.issues) return result.value
    const sentence = `A message of "${channel}" does not fit: ${result.issues[0]?.message}`
    throw new AnywireError('rejected', sentence, { details: { issues: result.issues } })
  }
  const work = schema && createWork(Promise.resolve(check), hand, breaks)

  // The loop throws what a callback cannot: there an error that nobody awaits is to be seen.
  for (const { promise } of onItem ? [opened] : [opened, closed]) promise.catch(() => {})
  return {
    channel,
    opened: opened.promise,
    closed: closed.promise,
    get position() {
      return position
    },
    get again() {
      return { ...wish, offset: resume }
    },
    begins(offset) {
      position ??= offset
      // Cut short, a snapshot that has brought nothing begins again.
      if (resume !== 'snapshot') resume = position
      opened.resolve(offset)
    },
    take(come, at) {
      position = at
      resume = at
      if (work) work.items(come, at)
      else hand(come)
    },
    last(error) {
      if (work) work.behind(() => ends(error))
      else ends(error)
    },
    ends,
    close,
    async next() {
      while (items.length === 0) {
        if (over) return closed.promise.then(() => done)
        await new Promise<void>((resolve) => {
          waiting = resolve
        })
      }
      const value = items.shift()!
      consumed(1)
      return { done: false, value }
    },
    async return() {
      close()
      return done
    },
    async [Symbol.asyncDispose]() {
      close()
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

function createDeferred<T>() {
  let settle: { resolve(value: T): void; reject(error: AnywireError): void }
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject }
  })
  return { promise, ...settle! }
}
