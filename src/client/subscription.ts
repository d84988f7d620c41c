/** A subscription as the application holds it: a loop over items, or a callback. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { AnywireError } from '../protocol/error.js'
import type { Offset } from '../protocol/offset.js'
import type { Item } from './item.js'
import type { Wish } from './port.js'

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

/** Told in portions, so that not each item makes a message. */
const portion = 100

export class Reading implements Subscription {
  readonly wish: Wish
  readonly opened: Promise<Offset>
  readonly closed: Promise<void>
  readonly #line: Line
  readonly #schema: StandardSchemaV1 | undefined
  readonly #onItem: ((item: Item) => void) | undefined
  #begin!: (offset: Offset) => void
  #refuse!: (error: AnywireError) => void
  #end!: () => void
  #fail!: (error: AnywireError) => void
  #position: Offset | undefined
  /** Where to read on if the core is lost. */
  #resume: string
  #items: Item[] = []
  #taken = 0
  #over = false
  #error: AnywireError | undefined
  #waiting: (() => void) | undefined
  #checking: Promise<void> = Promise.resolve()

  constructor(wish: Wish, line: Line, schema?: StandardSchemaV1, onItem?: (item: Item) => void) {
    this.wish = wish
    this.#resume = wish.offset
    this.#line = line
    this.#schema = schema
    this.#onItem = onItem
    this.opened = new Promise((resolve, reject) => {
      this.#begin = resolve
      this.#refuse = reject
    })
    this.closed = new Promise((resolve, reject) => {
      this.#end = resolve
      this.#fail = reject
    })
    this.opened.catch(() => undefined)
    // The loop throws what a callback cannot: there an error that nobody awaits is to be seen.
    if (onItem === undefined) this.closed.catch(() => undefined)
  }

  get channel(): string {
    return this.wish.channel
  }

  get position(): Offset | undefined {
    return this.#position
  }

  /** What to ask of another core. */
  get again(): Wish {
    return { ...this.wish, offset: this.#resume }
  }

  begins(offset: Offset): void {
    this.#position ??= offset
    // Cut short, a snapshot that has brought nothing begins again.
    if (this.#resume !== 'snapshot') this.#resume = this.#position
    this.#begin(offset)
  }

  /** Items have arrived; the reading stands at `position`. */
  take(items: readonly Item[], position: Offset): void {
    if (this.#over) return
    this.#position = position
    this.#resume = position
    if (this.#schema === undefined) return this.#hand(items)
    this.#checking = this.#checking.then(() => this.#check(items, this.#schema!))
    this.#checking.catch((thrown) => this.#breaks(thrown))
  }

  ends(error?: AnywireError): void {
    if (this.#over) return
    this.#over = true
    this.#error = error
    this.#waiting?.()
    if (error) this.#fail(error)
    else this.#end()
    this.#refuse(error ?? new AnywireError('closed', `The subscription to "${this.channel}" is over.`))
  }

  close(): void {
    this.#items = []
    if (this.#over) return
    this.#line.left()
    this.ends()
  }

  async next(): Promise<IteratorResult<Item, undefined>> {
    while (this.#items.length === 0) {
      if (this.#error) throw this.#error
      if (this.#over) return { done: true, value: undefined }
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
      })
    }
    const value = this.#items.shift()!
    this.#taken++
    if (this.#taken >= portion || this.#items.length === 0) this.#consumed()
    return { done: false, value }
  }

  async return(): Promise<IteratorResult<Item, undefined>> {
    this.close()
    return { done: true, value: undefined }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #hand(items: readonly Item[]): void {
    if (this.#over) return
    if (this.#onItem === undefined) {
      for (const item of items) this.#items.push(item)
      this.#waiting?.()
      return
    }
    try {
      for (const item of items) {
        this.#onItem(item)
        if (this.#over) return
      }
    } catch (thrown) {
      return this.#breaks(thrown)
    }
    this.#taken += items.length
    this.#consumed()
  }

  /** The application's own callback or schema threw: as in a loop that is the end. */
  #breaks(thrown: unknown): void {
    if (!this.#over) this.#line.left()
    const sentence = `What reads "${this.channel}" failed: ${thrown instanceof Error ? thrown.message : thrown}`
    this.ends(thrown instanceof AnywireError ? thrown : new AnywireError('internal', sentence, { cause: thrown }))
  }

  #consumed(): void {
    if (!this.#over) this.#line.consumed(this.#taken)
    this.#taken = 0
  }

  /** @throws AnywireError `rejected` for the first message that does not fit. */
  async #check(items: readonly Item[], schema: StandardSchemaV1): Promise<void> {
    const checked: Item[] = []
    try {
      for (const item of items) {
        const result = item.kind === 'gap' ? { value: undefined } : await schema['~standard'].validate(item.data)
        if (result.issues) {
          const sentence = `A message of "${this.channel}" does not fit the schema: ${result.issues[0]?.message}`
          throw new AnywireError('rejected', sentence, { details: { issues: result.issues } })
        }
        checked.push(item.kind === 'gap' ? item : { ...item, data: result.value })
      }
    } finally {
      this.#hand(checked)
    }
  }
}
