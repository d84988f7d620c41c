/** A subscription as the application holds it: a loop over items, or a callback. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { AnywireError } from '../protocol/error.js'
import type { Offset } from '../protocol/offset.js'
import { createDeferred, type Deferred } from './deferred.js'
import type { Item, MessageItem } from './item.js'
import { notify } from './notify.js'
import type { Wish } from './port.js'
import { createWork, type Work } from './work.js'

export interface Subscription<Data = unknown> extends AsyncIterableIterator<Item<Data>, undefined>, AsyncDisposable {
  readonly channel: string
  /**
   * The position after the newest item that has arrived, which a loop may not have reached: to go on behind an item,
   * give its `offset` as `from`. Undefined before the server has said where reading begins.
   */
  readonly position: Offset | undefined
  /**
   * Resolves with the position once the server has said where reading begins.
   * @throws AnywireError if it never does.
   */
  readonly opened: Promise<Offset>
  /**
   * Resolves when it is over: left, or the channel was closed and read to its end. Of a subscription with a callback,
   * see to its rejection.
   * @throws AnywireError what else ended it.
   */
  readonly closed: Promise<void>
  /** The next item. Calls may be made before earlier ones are answered: each gets its own item, in their order. */
  next(): Promise<IteratorResult<Item<Data>, undefined>>
  /** Ends it: nothing comes after this. */
  close(): void
}

export interface SubscriptionLine {
  /** The application took so many items. */
  consumed(count: number): void
  /** The application closed it before the end. */
  left(): void
}

export interface SubscriptionParts {
  readonly wish: Wish
  readonly line: SubscriptionLine
  readonly schema?: StandardSchemaV1 | undefined
  /** A promise that it returns is not awaited; its rejection ends the subscription. */
  readonly onItem?: ((item: Item) => unknown) | undefined
  readonly failing?: ((error: AnywireError) => void) | undefined
}

/** Told in portions, so that not each item makes a message. */
const portion = 100

const done = { done: true, value: undefined } as const

/** The subscription, with what its client does to it. */
export class ClientSubscription implements Subscription {
  readonly channel: string
  readonly #parts: SubscriptionParts
  readonly #opened = createDeferred<Offset>()
  readonly #closed = createDeferred<void>()
  readonly #work: Work<Item> | undefined
  #items: Item[] = []
  /** Calls of `next` that wait for an item, in their order. */
  #calls: Deferred<IteratorResult<Item, undefined>>[] = []
  #taken = 0
  #over = false
  /** What ended it, until `next` has thrown it. */
  #error: AnywireError | undefined
  #position: Offset | undefined
  /** Where to read on if the core is lost. */
  #resume: string

  constructor(parts: SubscriptionParts) {
    const { wish, schema, onItem } = parts
    this.#parts = parts
    this.channel = wish.channel
    this.#resume = wish.offset
    if (schema) this.#work = createWork(checkedBy(schema, wish.channel), this.#hand, this.#fail)
    // A loop throws the error. With a callback, an error that is not awaited must be visible.
    this.#opened.promise.catch(ignore)
    if (!onItem) this.#closed.promise.catch(ignore)
  }

  get opened(): Promise<Offset> {
    return this.#opened.promise
  }

  get closed(): Promise<void> {
    return this.#closed.promise
  }

  get position(): Offset | undefined {
    return this.#position
  }

  /** What to ask of another core. */
  get again(): Wish {
    return { ...this.#parts.wish, offset: this.#resume }
  }

  begins(offset: Offset): void {
    this.#position ??= offset
    // Cut short, a snapshot that has brought nothing begins again.
    if (this.#resume !== 'snapshot') this.#resume = this.#position
    this.#opened.resolve(offset)
  }

  /** Items have arrived; reading stands at `position`. */
  take(items: readonly Item[], position: Offset): void {
    this.#position = position
    this.#resume = position
    if (this.#work) this.#work.items(items, position)
    else this.#hand(items)
  }

  failing(error: AnywireError): void {
    notify(this.#parts.failing, error)
  }

  /** Nothing arrives any more. */
  last(error?: AnywireError): void {
    if (this.#work) this.#work.behind(() => this.ends(error))
    else this.ends(error)
  }

  /** It is over, whatever has arrived. */
  ends(error?: AnywireError): void {
    if (this.#over) return
    this.#over = true
    this.#error = error
    if (error) this.#closed.reject(error)
    else this.#closed.resolve()
    this.#opened.reject(error ?? new AnywireError('closed', `What reads "${this.channel}" is over.`))
    for (const call of this.#calls) this.#end(call)
    this.#calls = []
  }

  readonly close = (): void => {
    this.#items = []
    if (!this.#over) this.#parts.line.left()
    this.ends()
    this.#error = undefined
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    const call = createDeferred<IteratorResult<Item, undefined>>()
    if (this.#items.length === 0 && this.#over) this.#end(call)
    else {
      this.#calls.push(call)
      this.#answer()
    }
    return call.promise
  }

  async return(): Promise<IteratorResult<Item, undefined>> {
    this.close()
    return done
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** As async generators do: the first call throws what ended it, the others are done. */
  #end(call: Deferred<IteratorResult<Item, undefined>>): void {
    if (this.#error) call.reject(this.#error)
    else call.resolve(done)
    this.#error = undefined
  }

  #answer(): void {
    while (this.#calls.length > 0 && this.#items.length > 0) {
      this.#calls.shift()?.resolve({ done: false, value: this.#items.shift()! })
      this.#consumed(1)
    }
  }

  #consumed(count: number): void {
    this.#taken += count
    if (this.#over || (this.#taken < portion && this.#items.length > 0)) return
    this.#parts.line.consumed(this.#taken)
    this.#taken = 0
  }

  readonly #hand = (items: readonly Item[]): void => {
    const { onItem } = this.#parts
    if (this.#over) return
    if (!onItem) {
      this.#items = this.#items.concat(items)
      return this.#answer()
    }
    try {
      for (const item of items) {
        if (this.#over) return
        const result = onItem(item) as PromiseLike<unknown> | undefined
        result?.then?.(undefined, this.#fail)
      }
    } catch (thrown) {
      return this.#fail(thrown)
    }
    this.#consumed(items.length)
  }

  /** The application's own callback or schema threw: as in a loop that is the end. */
  readonly #fail = (cause: unknown): void => {
    if (!this.#over) this.#parts.line.left()
    this.ends(AnywireError.from(cause, `What reads "${this.channel}" failed: ${cause}`))
  }
}

/** It is loaded at once; if that failed, once more for the first message. */
function checkedBy(schema: StandardSchemaV1, channel: string) {
  const load = () => import('./schema.js')
  load().catch(ignore)
  return async (message: MessageItem) => (await load()).checked(schema, channel, message)
}

function ignore(): void {}
