/** One reading of a channel as React reads it: a view that is replaced, once for all that has come together. */
import type { GapItem, Item, MessageItem, ProblemItem } from '../client/item.js'
import type { Subscription } from '../client/subscription.js'
import { AnywireError } from '../protocol/error.js'

/** What every view of a channel tells. */
export interface ReadingView<Data = unknown> {
  /**
   * `pending`: before the server has said where reading begins; `open`; `closed`: read to the end of a closed channel;
   * `error`: see there.
   */
  readonly status: 'pending' | 'open' | 'closed' | 'error'
  /** What ended the reading: it is not tried again. What a reconnect mends is no error. */
  readonly error: AnywireError | undefined
  /** The newest message. */
  readonly last: MessageItem<Data> | undefined
  /** The newest announced loss. */
  readonly gap: GapItem | undefined
  /** The newest message that could not be handed over. */
  readonly problem: ProblemItem | undefined
}

export const nothing: ReadingView = {
  status: 'pending',
  error: undefined,
  last: undefined,
  gap: undefined,
  problem: undefined,
}

export interface ReadingOptions<Shown extends ReadingView> {
  /** Subscribes from an offset, or from where this reading is to begin. */
  readonly open: (at: string | undefined, onItem: (item: Item) => void) => Subscription | undefined
  readonly empty: Shown
  readonly add: (view: Shown, messages: readonly MessageItem[]) => Partial<Shown>
  /** A loss makes the view worthless: it is read anew from its beginning. */
  readonly anew?: boolean
}

export class ReactReading<Shown extends ReadingView> {
  readonly #options: ReadingOptions<Shown>
  #view: Shown
  #changed: () => void = () => undefined
  #subscription: Subscription | undefined
  #items: Item[] = []
  /** Where to read on if it is left and taken up again, as React does in strict mode and with hidden parts. */
  #at: string | undefined

  constructor(options: ReadingOptions<Shown>) {
    this.#options = options
    this.#view = options.empty
  }

  readonly view = (): Shown => this.#view

  /** Reads while there is somebody to tell. */
  readonly subscribe = (changed: () => void): (() => void) => {
    this.#changed = changed
    this.#open()
    return () => this.#close()
  }

  #open(): void {
    try {
      const subscription = this.#options.open(this.#at, this.#take)
      this.#subscription = subscription
      if (subscription) this.#watch(subscription)
    } catch (thrown) {
      this.#show({ status: 'error', error: AnywireError.from(thrown) })
    }
  }

  #close(): void {
    const subscription = this.#subscription
    this.#subscription = undefined
    this.#items = []
    subscription?.close()
  }

  #watch(subscription: Subscription): void {
    const tell = (news: Pick<ReadingView, 'status' | 'error'>) => {
      this.#flush()
      if (subscription === this.#subscription) this.#show(news)
    }
    subscription.opened.then(
      () => this.#view.status !== 'open' && tell({ status: 'open', error: undefined }),
      () => undefined,
    )
    subscription.closed.then(
      () => tell({ status: 'closed', error: undefined }),
      (thrown) => tell({ status: 'error', error: AnywireError.from(thrown) }),
    )
  }

  /** What comes together is called for one by one, in one turn. */
  readonly #take = (item: Item): void => {
    if (this.#items.push(item) === 1) queueMicrotask(() => this.#flush())
  }

  #flush(): void {
    const items = this.#items
    const newest = items.at(-1)
    if (!newest) return
    this.#items = []
    const gap = items.findLast((item) => item.kind === 'gap')
    if (this.#options.anew && gap && gap.reason !== 'conflated') return this.#anew(gap)
    this.#at = newest.kind === 'gap' ? newest.to : newest.offset
    const messages = items.filter((item) => item.kind === 'message')
    const last = messages.at(-1) ?? this.#view.last
    const problem = items.findLast((item) => item.kind === 'problem') ?? this.#view.problem
    const shown = this.#options.add(this.#view, messages)
    this.#show({ ...shown, last, gap: gap ?? this.#view.gap, problem, status: 'open' })
  }

  #anew(gap: GapItem): void {
    this.#close()
    this.#at = undefined
    this.#view = { ...this.#options.empty, gap }
    this.#open()
    this.#changed()
  }

  #show(news: Partial<Shown> | Partial<ReadingView>): void {
    this.#view = { ...this.#view, ...news }
    this.#changed()
  }
}
