/** The client: what a page, a worker or a program holds. It speaks to a core, which may be elsewhere and may be replaced at any time. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Slow } from '../protocol/anywire-frame.js'
import { AnywireError } from '../protocol/error.js'
import type { Item } from './item.js'
import type { Acknowledgement, Outbox, OutboxOptions } from './outbox.js'
import type { CorePort, FromCore, PortError, ToCore } from './port.js'
import { Changing, type Signal } from './signal.js'
import type { State, Stats } from './stats.js'
import { Reading, type Subscription } from './subscription.js'

export interface SubscribeOptions<Data = unknown> {
  /** `start`, `now`, `snapshot` (the newest message of each key, then everything after), `last-N`, or the offset after which to begin. @default 'now' */
  readonly from?: string | undefined
  /**
   * What happens when this reader falls behind: it gets everything later, or the newest of each key, or an end with `slow`. Of several
   * readers of a channel on one connection, the one that asks for most decides for all.
   * @default 'catch-up'
   */
  readonly slow?: Slow | undefined
  /** Times per second at which messages are sent at most: 1, 2, 5, 10, 20 or 50; others are rounded down. As with `slow`, who asks for most decides. @default whenever there are some */
  readonly rate?: number | undefined
  /** What each message must be: Zod, Valibot, ArkType and others (standardschema.dev). One that is not ends the subscription with `rejected`. */
  readonly schema?: StandardSchemaV1<unknown, Data> | undefined
  /**
   * The absolute URL of a module that makes something of each message where it arrives, off the main thread: `new URL('./mean.js', import.meta.url)`.
   * Its default export is a `CreateTransform`. What it throws ends the subscription with `rejected`.
   */
  readonly worker?: URL | string | undefined
  /** Ends the subscription, as `close` does. */
  readonly signal?: AbortSignal | undefined
}

export interface PublishOptions {
  /** What the message is about: of a channel with `keys` the newest of each is kept. @default what the channel's rule finds in the data */
  readonly key?: string | undefined
  /** A name for its kind, at will: an EventSource gets it as the event's type. */
  readonly event?: string | undefined
  /** Called when the message is kept where a reload does not lose it, which may be long before it is stored. Never where only memory keeps it. */
  readonly queued?: (() => void) | undefined
}

/** What the data of a channel is: by its name, or by a template of names such as `chat/${string}`. */
export type DataOf<Channels, Name> = Name extends keyof Channels ? Channels[Name] : unknown

export interface ClientOptions {
  readonly openPort: (heard: (message: FromCore) => void) => Promise<CorePort>
  readonly outbox: (send: OutboxOptions['send']) => Outbox
  readonly token: (() => string | Promise<string>) | undefined
  readonly learnt: (memory: Extract<FromCore, { type: 'learnt' }>['memory']) => void
}

const slows: readonly Slow[] = ['catch-up', 'conflate', 'disconnect']
const noStats: Stats = { bytes: 0, messages: 0, reconnects: 0, gaps: 0, decisions: [] }

export class Client<Channels = Record<string, unknown>> implements AsyncDisposable {
  readonly #options: ClientOptions
  readonly #state = new Changing<State>('idle')
  readonly #stats = new Changing<Stats>(noStats)
  readonly #readings = new Map<number, Reading>()
  readonly #outbox: Outbox
  #port: Promise<CorePort> | undefined
  #ids = 0
  #wishes: Reading[] = []
  #error: AnywireError | undefined

  constructor(options: ClientOptions) {
    this.#options = options
    this.#outbox = options.outbox((requests) => this.#send({ type: 'publish', requests }))
  }

  /** What the connection is doing. @default 'idle' until something is asked for */
  get state(): Signal<State> {
    return this.#state
  }

  /** What was measured of the connection, which may be that of other tabs too; new when the connection changes, and once a second at most. */
  get stats(): Signal<Stats> {
    return this.#stats
  }

  /**
   * Reads a channel: `for await (const item of client.subscribe('news'))`, or with a callback. Every message comes once and in order,
   * across reconnects and transports; a loss is an item of `kind: 'gap'`. Leaving the loop ends it, and so does a callback that throws.
   * `Data` is what `schema` answers, or what `Channels` says of the name; with `worker` it is for you to say.
   * @throws AnywireError `bad-request` for options of the wrong type, `closed` after `close`. What the server refuses (a bad name or position, a
   * channel that may not be read) is thrown by the loop, and rejects `closed` of the subscription.
   */
  subscribe<Name extends (keyof Channels & string) | (string & {}), Data = DataOf<Channels, Name>>(
    channel: Name,
    options: SubscribeOptions<Data> = {},
    onItem?: (item: Item<Data>) => void,
  ): Subscription<Data> {
    if (this.#error) throw this.#error
    const { from = 'now', slow = 'catch-up', rate, schema, worker, signal } = options
    const offset = from === 'start' ? '-1' : from
    // The server judges each channel and position for itself; what has not even their shape would spoil its whole request.
    if (
      typeof channel !== 'string' ||
      typeof offset !== 'string' ||
      !(rate === undefined || rate >= 1) ||
      !slows.includes(slow)
    )
      throw new AnywireError(
        'bad-request',
        'A channel and "from" are strings, "rate" is 1 or more, "slow" is one of three words.',
      )
    const id = ++this.#ids
    const line = {
      consumed: (count: number) => this.#send({ type: 'consumed', id, count }),
      left: () => this.#leave(id),
    }
    const wish = { id, channel, offset, slow, rate, transform: worker && String(worker) }
    const reading = new Reading(wish, line, schema, onItem as ((item: Item) => void) | undefined)
    if (signal?.aborted) reading.close()
    else this.#enter(reading)
    signal?.addEventListener('abort', () => reading.close(), { once: true })
    return reading as Subscription as Subscription<Data>
  }

  /**
   * Publishes: resolves when the server has stored it, exactly once, whatever happened on the way. Without a connection it waits.
   * @param data JSON; a string in a text channel; a `Uint8Array`; `undefined` (with a key) removes the key. It is copied at once.
   * @throws AnywireError what the server refuses for good; `too-many` when too many wait; `bad-request` for what is not JSON; `closed` when the client is.
   */
  async publish<Name extends (keyof Channels & string) | (string & {})>(
    channel: Name,
    data: DataOf<Channels, Name>,
    { key, event, queued }: PublishOptions = {},
  ): Promise<Acknowledgement> {
    if (this.#error) throw this.#error
    if (typeof channel !== 'string') throw new AnywireError('bad-request', 'A channel is a string.')
    const body = data instanceof Uint8Array ? { base64: base64Of(data) } : { data: data as unknown }
    const acknowledged = this.#outbox.publish(
      { channel, ...body, ...(key !== undefined && { key }), ...(event !== undefined && { event }) },
      queued,
    )
    void this.#connect()
    return acknowledged
  }

  /** Ends every subscription and the connection. Publishes that wait reject with `closed`; what the outbox keeps is sent by the next page. */
  async close(): Promise<void> {
    this.#shut(new AnywireError('closed', 'The client is closed.'))
    const port = await this.#port?.catch(() => undefined)
    port?.send({ type: 'close' })
    port?.close()
    this.#state.set('closed')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #shut(error: AnywireError, told?: AnywireError): void {
    if (this.#error) return
    this.#error = error
    for (const reading of [...this.#readings.values()]) reading.ends(told)
    this.#readings.clear()
    this.#outbox.close(error)
  }

  /** Subscriptions of one turn travel as one request. */
  #enter(reading: Reading): void {
    this.#readings.set(reading.wish.id, reading)
    if (this.#wishes.push(reading) > 1) return
    queueMicrotask(() => {
      const wishes = this.#wishes.splice(0).filter(({ wish }) => this.#readings.has(wish.id))
      if (wishes.length > 0) this.#send({ type: 'subscribe', wishes: wishes.map(({ again }) => again) })
    })
  }

  #leave(id: number): void {
    if (this.#readings.delete(id)) this.#send({ type: 'unsubscribe', ids: [id] })
  }

  #send(message: ToCore): void {
    this.#connect().then(
      (port) => port.send(message),
      () => undefined,
    )
  }

  #connect(): Promise<CorePort> {
    if (this.#port) return this.#port
    this.#port = this.#options.openPort((message) => this.#hear(message))
    this.#port.catch((thrown) => this.#shut(AnywireError.from(thrown), AnywireError.from(thrown)))
    return this.#port
  }

  #hear(message: FromCore): void {
    switch (message.type) {
      case 'subscribed':
        return this.#readings.get(message.id)?.begins(message.offset)
      case 'items':
        return this.#readings.get(message.id)?.take(message.items, message.position)
      case 'ended':
        return this.#ended(message.id, message.error)
      case 'published':
        return this.#outbox.published(message)
      case 'refused':
        return this.#outbox.refused(message.id, errorOf(message.error))
      case 'linked':
        return this.#outbox.linked()
      case 'state':
        if (message.state === 'closed' && message.error) this.#shut(errorOf(message.error), errorOf(message.error))
        return this.#state.set(this.#error ? 'closed' : message.state)
      case 'stats':
        return this.#stats.set(message.stats)
      case 'learnt':
        return this.#options.learnt(message.memory)
      case 'token':
        return void this.#token()
      case 'moved': {
        const wishes = [...this.#readings.values()].map(({ again }) => again)
        if (wishes.length > 0) this.#send({ type: 'subscribe', wishes })
        else this.#outbox.linked()
      }
    }
  }

  #ended(id: number, error: PortError | undefined): void {
    const reading = this.#readings.get(id)
    this.#readings.delete(id)
    reading?.ends(error && errorOf(error))
  }

  async #token(): Promise<void> {
    try {
      this.#send({ type: 'token', token: await this.#options.token?.() })
    } catch (cause) {
      const message = `The "token" function failed: ${cause instanceof Error ? cause.message : cause}`
      this.#send({ type: 'token', error: { code: 'unavailable', message } })
    }
  }
}

function errorOf({ code, message, ...details }: PortError): AnywireError {
  return new AnywireError(code, message, { details })
}

function base64Of(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}
