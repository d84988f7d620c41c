/** The connection to NATS: nothing waits in it while it is down, and what was under way is told so. */
import { randomBytes } from 'node:crypto'
import type { ConnectionOptions, Msg, MsgHdrs, NatsConnection, Subscription } from '@nats-io/transport-node'
import { storeDown } from '../../core/store-down.js'
import { AnywireError } from '../../protocol/error.js'
import type { NatsPackage } from './connect.js'
import { Replies } from './replies.js'

/** The connection broke after something was sent: what became of it is not known. */
export class LinkLost extends Error {}
/** Nobody listens at the subject: certainly nothing was done. */
export class NobodyThere extends Error {}

/**
 * `down`, `up`: the connection is lost, or there again; `lossy`: messages to us may have been dropped meanwhile.
 */
export type LinkEvent = 'down' | 'up' | 'lossy'

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly timeoutMs: number
}

const flushMs = 2_000

export class Link {
  #up = true
  readonly #connection: NatsConnection
  readonly #headers: NatsPackage['headers']
  readonly #owned: boolean
  readonly #replies: Replies
  /** Of what is under way: called when the connection breaks. */
  readonly #pending = new Set<(error: Error) => void>()
  readonly #waiting = new Set<() => void>()
  #listener: ((event: LinkEvent) => void) | undefined
  #flushing: Promise<void> | undefined
  #closed = false

  constructor(connection: NatsConnection, { headers }: NatsPackage, owned: boolean) {
    this.#connection = connection
    this.#headers = headers
    this.#owned = owned
    this.#replies = new Replies(connection, newInbox(connection))
    void this.#attend()
  }

  get version(): string {
    return this.#connection.info?.version ?? 'unknown'
  }

  get hasJetStream(): boolean {
    return this.#connection.info?.jetstream ?? false
  }

  /** The largest message that the server takes, with its headers. */
  get maxBytes(): number {
    return this.#connection.info?.max_payload ?? 1_048_576
  }

  get up(): boolean {
    return this.#up && !this.#closed
  }

  watch(listener: (event: LinkEvent) => void): void {
    this.#listener = listener
  }

  /** Resolves when the connection is there, or after so long. */
  whenUp(timeoutMs: number): Promise<void> {
    if (this.up) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      this.#waiting.add(done)
    })
  }

  /**
   * @throws AnywireError `store-down` if nothing was sent, `NobodyThere`, `LinkLost`, or the client's error after
   * `timeoutMs`.
   */
  request(subject: string, data: Uint8Array | string, { headers, timeoutMs }: RequestOptions): Promise<Msg> {
    return this.#underWay(async () => {
      const spelt = headers && this.#spell(headers)
      try {
        const options = { timeout: timeoutMs, ...(spelt && { headers: spelt }) }
        return await withoutStacks(() => this.#connection.request(subject, data, options))
      } catch (thrown) {
        if (isNobodyThere(thrown)) throw new NobodyThere(`Nobody listens at "${subject}".`, { cause: thrown })
        throw thrown
      }
    })
  }

  /** The same, for what is asked all the time: an answer that says that nobody listens is answered too. */
  post(subject: string, data: Uint8Array, { headers, timeoutMs }: RequestOptions): Promise<Msg> {
    if (!this.up) return Promise.reject(storeDown(new Error('The connection to NATS is down.')))
    return this.#replies.ask(subject, data, headers && this.#spell(headers), timeoutMs)
  }

  /** Sends, and hears what comes at the subject that is named as the place for answers. */
  ask(subject: string, data: string, answered: (message: Msg) => void): Subscription {
    const inbox = newInbox(this.#connection)
    const subscription = this.subscribe(inbox, answered)
    this.#connection.publish(subject, data, { reply: inbox })
    return subscription
  }

  tell(subject: string): void {
    if (this.up) this.#connection.publish(subject)
  }

  /** `refused`: this user may not listen there. The server says so before it answers the next `flush`. */
  subscribe(subject: string, heard: (message: Msg) => void, refused?: (error: Error) => void): Subscription {
    if (!this.up) throw storeDown(new Error('The connection to NATS is down.'))
    const callback = (error: Error | null, message: Msg) => (error ? refused?.(error) : heard(message))
    return this.#connection.subscribe(subject, { callback })
  }

  /** Resolves when the server knows of all subscriptions made before. Those of one turn share a round trip. */
  flush(): Promise<void> {
    this.#flushing ??= Promise.resolve().then(() => {
      this.#flushing = undefined
      return this.#underWay(() => within(this.#connection.flush(), flushMs))
    })
    return this.#flushing
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#listener = undefined
    // Who closes it knows: nobody needs to hear of a failure.
    this.#break(new AnywireError('draining', 'The store is closed.'))
    for (const done of [...this.#waiting]) done()
    if (this.#owned) await this.#connection.close()
  }

  #spell(headers: Readonly<Record<string, string>>): MsgHdrs {
    const spelt = this.#headers()
    for (const name in headers) spelt.set(name, headers[name]!)
    return spelt
  }

  #underWay<T>(ask: () => Promise<T>): Promise<T> {
    if (!this.up) return Promise.reject(storeDown(new Error('The connection to NATS is down.')))
    return new Promise((resolve, reject) => {
      this.#pending.add(reject)
      ask()
        .finally(() => this.#pending.delete(reject))
        .then(resolve, reject)
    })
  }

  #break(error: Error): void {
    this.#replies.break(error)
    const pending = [...this.#pending]
    this.#pending.clear()
    for (const reject of pending) reject(error)
  }

  async #attend(): Promise<void> {
    for await (const status of this.#connection.status()) {
      const { type } = status
      if (this.#closed) return
      if (status.type === 'error') this.#replies.refused(status.error)
      if (type === 'disconnect' || type === 'close') this.#down()
      if (type === 'reconnect') this.#again()
      if (type === 'slowConsumer') this.#listener?.('lossy')
    }
    if (!this.#closed) this.#down()
  }

  #down(): void {
    this.#up = false
    this.#break(new LinkLost('The connection to NATS broke before the answer came.'))
    this.#listener?.('down')
  }

  #again(): void {
    this.#up = true
    for (const done of [...this.#waiting]) done()
    this.#listener?.('up')
  }
}

/** Below the prefix that the connection was given: its user may be allowed to listen there only. */
function newInbox(connection: NatsConnection): string {
  const { inboxPrefix = '_INBOX' } = (connection as { options?: ConnectionOptions }).options ?? {}
  return `${inboxPrefix}.anywire.${randomBytes(9).toString('base64url')}`
}

/** The client makes two errors for each request, in case: to note where they were made is a third of its work. */
function withoutStacks<T>(ask: () => T): T {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return ask()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

function isNobodyThere(thrown: unknown): boolean {
  const { isNoResponders } = Object(thrown)
  return typeof isNoResponders === 'function' && Boolean(isNoResponders.call(thrown))
}

/** @throws Error after so long. */
function within<T>(answer: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`NATS did not answer within ${ms} ms.`)), ms)
    answer.finally(() => clearTimeout(timer)).then(resolve, reject)
  })
}
