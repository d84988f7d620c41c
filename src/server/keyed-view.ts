/** Follows a keyed channel of the hub's own in this process: what it holds, and then each change. */
import { gapError } from '../core/reading/gap-error.js'
import { timed } from '../core/wheel.js'
import type { Message } from '../protocol/message.js'
import type { ChannelName } from '../protocol/name.js'
import type { Offset } from '../protocol/offset.js'
import type { Context } from './context.js'
import { local, localConnection } from './forms/local-connection.js'

export interface ViewEvents {
  /** What was told so far is void: all that the channel holds is told anew. */
  cleared(): void
  /** One message, each once, in log order. A tombstone takes away its key. */
  changed(message: Message): void
  /** Everything up to `head` has been told, and `head` is where an append ended. */
  settled(): void
}

export interface ViewOptions {
  readonly context: Pick<Context, 'delivery' | 'limits' | 'report'>
  readonly channel: ChannelName
  readonly events: ViewEvents
  /** Nobody but this hub writes to it: it is read once, and not followed. @default false */
  readonly alone?: boolean
}

/** The `transport` of its readings. */
export const viewTransport = 'view'

/** The store failed, or answered nothing of use: it is read again after so long. */
const againMs = 1_000

export class KeyedView {
  readonly #options: ViewOptions
  #head: Offset = ''
  /** Everything up to `head` has been told, and no append is known only in part. */
  #whole = false
  #loading = true
  #closed = false
  #stop: (() => void) | undefined
  #failures = 0
  #refreshing: Promise<void> | undefined
  #running = false
  #follows = false
  #ready: PromiseSettler | undefined

  constructor(options: ViewOptions) {
    this.#options = options
  }

  /** The position after what has been told; a good one to append at only if the view is `whole`. */
  get head(): Offset {
    return this.#head
  }

  get whole(): boolean {
    return this.#whole
  }

  /** It has a reading of its own. */
  get follows(): boolean {
    return this.#follows
  }

  /** It has been read, and not to be read anew. */
  get loaded(): boolean {
    return !this.#loading
  }

  /**
   * Follows the channel from now on, whatever happens. Resolves when everything that the channel held has been told, or
   * the view is closed; rejects if the store could not be read this time.
   */
  open(): Promise<void> {
    if (!this.#running) void this.#run()
    this.#running = true
    if (!this.#loading || this.#closed) return Promise.resolve()
    this.#ready ??= settler()
    return this.#ready.promise
  }

  /** Tells what the store holds now and has not been told yet. Rejects if it cannot be read. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#catchUp().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  /**
   * This process has appended at `head`, and `next` is the position after that. Answers whether it has still to take
   * in what it appended: otherwise that was told already, or will be.
   */
  passed(next: Offset): boolean {
    if (this.#loading || next <= this.#head) return false
    this.#head = next
    this.#whole = true
    return true
  }

  close(): void {
    this.#closed = true
    this.#stop?.()
    this.#settled()
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#load()
        if (this.#options.alone) return
        await this.#follow()
      } catch (thrown) {
        if (!this.#closed && this.#failures++ === 0) this.#options.context.report(thrown)
        this.#ready?.reject(thrown)
        this.#ready = undefined
      }
      this.#whole = false
      if (!this.#closed) await this.#pause()
    }
  }

  /** The snapshot, page by page, up to where the log stood when it began. */
  async #load(): Promise<void> {
    const { context, channel, events } = this.#options
    const { delivery, limits } = context
    const limit = { messages: limits.pageMessages, bytes: limits.pageBytes }
    let after: Offset | undefined
    let until: Offset | undefined
    this.#loading = true
    this.#whole = false
    events.cleared()
    for (;;) {
      const page = await delivery.reads.snapshot(channel, { after, until }, limit)
      if (page.kind === 'gone') throw context.report(new Error(`The channel ${channel} is kept for forks.`))
      if (page.kind === 'gap') throw gapError(channel, page)
      until ??= page.info.head
      for (const message of page.messages) events.changed(message)
      after = page.to
      if (page.upToDate) break
    }
    this.#head = until
    this.#loading = false
    this.#failures = 0
    this.#settle(true)
  }

  /** Ends at a gap, or when it is closed. */
  async #follow(): Promise<void> {
    const { context, channel } = this.#options
    const opened = await context.delivery.open(channel, { kind: 'at', offset: this.#head })
    if (opened.result.kind !== 'page' || this.#closed) return opened.release()
    const { wire, connection } = localConnection(context.delivery, viewTransport)
    connection.listen({ gap: () => false })
    this.#stop = () => connection.close()
    this.#follows = true
    try {
      opened.start(connection, local)
      for (let item = await wire.take(); item !== undefined; item = await wire.take()) {
        if (!('messages' in item)) return
        this.#take(item.messages, item.to, item.upToDate)
      }
    } finally {
      this.#stop = undefined
      this.#follows = false
      connection.close()
    }
  }

  async #catchUp(): Promise<void> {
    const { context, channel } = this.#options
    const { delivery, limits } = context
    const limit = { messages: limits.pageMessages, bytes: limits.pageBytes }
    for (let more = !this.#loading; more && !this.#closed; ) {
      const page = await delivery.reads.fresh(channel, { kind: 'at', offset: this.#head }, limit)
      if (this.#loading) return
      if (page.kind !== 'page') {
        this.#stop?.() // it begins anew
        return
      }
      this.#take(page.messages, page.to, page.upToDate)
      more = !page.upToDate
    }
  }

  #take(messages: readonly Message[], to: Offset, upToDate: boolean): void {
    if (to <= this.#head) return
    for (const message of messages) if (message.offset > this.#head) this.#options.events.changed(message)
    this.#head = to
    this.#settle(upToDate)
  }

  #settle(whole: boolean): void {
    this.#whole = whole
    if (!whole) return
    this.#options.events.settled()
    this.#settled()
  }

  #settled(): void {
    this.#ready?.resolve()
    this.#ready = undefined
  }

  #pause(): Promise<void> {
    const { wheel } = this.#options.context.delivery
    return new Promise((resolve) => {
      const again = timed(resolve)
      this.#stop = () => {
        wheel.cancel(again)
        resolve()
      }
      wheel.schedule(again, againMs)
    })
  }
}

interface PromiseSettler {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (thrown: unknown) => void
}

function settler(): PromiseSettler {
  let resolve!: () => void
  let reject!: (thrown: unknown) => void
  const promise = new Promise<void>((fulfil, refuse) => {
    resolve = fulfil
    reject = refuse
  })
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}
