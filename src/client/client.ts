/** The client of a page, a worker or a program. Its core may be elsewhere, and may be replaced at any time. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type Slow, slows } from '../protocol/anywire-frame.js'
import { AnywireError } from '../protocol/error.js'
import { whenAborted } from './abort.js'
import { batchMicrotask } from './batch.js'
import { base64Of } from './bytes.js'
import { type Item, itemFrom } from './item.js'
import type { Acknowledgement, Outbox, OutboxOptions } from './outbox.js'
import type { CorePort, FromCore, ToCore } from './port.js'
import { createSignal, type Signal } from './signal.js'
import type { State, Stats } from './stats.js'
import { ClientSubscription, type Subscription } from './subscription.js'

export interface SubscribeOptions<Data = unknown> {
  /**
   * `start`, `now`, `snapshot` (the newest message of each key, then everything after), `last-N`, or the offset after
   * which to begin.
   * @default 'now'
   */
  readonly from?: string | undefined
  /**
   * What happens when this reader falls behind. It gets everything later (`catch-up`), or the newest message of each
   * key (`conflate`), or its reading ends with `slow` (`disconnect`). Of several readers of a channel on one
   * connection, the one that asks for most decides for all.
   * @default 'catch-up'
   */
  readonly slow?: Slow | undefined
  /**
   * How often per second messages are sent at most: 1, 2, 5, 10, 20 or 50. Other numbers are rounded down. Of several
   * readers on one connection, the one that asks for most decides.
   * @default whenever there are some
   * @unit writes/s
   */
  readonly rate?: number | undefined
  /**
   * What each message must be: Zod, Valibot, ArkType and others (standardschema.dev). A message that does not fit ends
   * the subscription with `rejected`.
   */
  readonly schema?: StandardSchemaV1<unknown, Data> | undefined
  /**
   * The absolute URL of a module that runs on each message, off the main thread: `new URL('./mean.js',
   * import.meta.url)`. Its default export is a `CreateTransform`. A message on which it fails, or takes over 10 s,
   * becomes an item of `kind: 'problem'`. A module that cannot be loaded ends the subscription with `rejected`.
   * @default none
   */
  readonly worker?: URL | string | undefined
  /**
   * Called each time the server does not let it read, or asks to wait. It is tried again. A final refusal ends the
   * subscription.
   */
  readonly failing?: ((error: AnywireError) => void) | undefined
  /** Ends the subscription, as `close` does. */
  readonly signal?: AbortSignal | undefined
}

export interface PublishOptions {
  /**
   * What the message is about. Of a channel with `keys` the newest message of each key is kept.
   * @default what the channel's rule finds in the data
   */
  readonly key?: string | undefined
  /** A name for the kind of message. An EventSource gets it as the type of the event. @default none */
  readonly event?: string | undefined
  /**
   * Called when the message is kept where a reload does not lose it, which may be long before it is stored. Never
   * called where only memory keeps it.
   */
  readonly queued?: (() => void) | undefined
  /**
   * Called each time the server fails on the message or asks to wait. It is tried again. A message on which the server
   * fails five times is rejected.
   */
  readonly failing?: ((error: AnywireError) => void) | undefined
}

/** Called for each item. It is not waited for. */
export type OnItem<Data = unknown> = (item: Item<Data>) => unknown

/** What the data of a channel is: by its name, or by a template of names such as `chat/${string}`. */
export type DataOf<Channels, Name> = Name extends keyof Channels ? Channels[Name] : unknown

export interface ClientOptions {
  readonly openPort: (receive: (message: FromCore) => void) => Promise<CorePort>
  readonly outbox: (send: OutboxOptions['send']) => Outbox
  readonly token: (() => string | Promise<string>) | undefined
  /** Asks the server who we are, since it takes us for somebody else than `known`. */
  readonly renew: (known: string | undefined) => Promise<'same' | 'other' | 'anyone'>
  readonly closed: () => void
  readonly learnt: (memory: Extract<FromCore, { type: 'learnt' }>['memory']) => void
}

/** What a page, a worker or a program holds of its connection. */
export interface Client<Channels = Record<string, unknown>> extends AsyncDisposable {
  /** What the connection is doing. @default 'idle' until something is asked for */
  readonly state: Signal<State>
  /**
   * What was measured of the connection, which may be that of other tabs too; new when the connection changes, and once
   * a second at most.
   */
  readonly stats: Signal<Stats>
  /**
   * Reads a channel: `for await (const item of client.subscribe('news'))`, or with a callback. Every message comes once
   * and in order, across reconnects and transports; a loss is an item of `kind: 'gap'`, a message that cannot be handed
   * over one of `kind: 'problem'`. Leaving the loop ends it, and so does a callback that throws, or that answers a
   * promise which is rejected. `Data` is what `schema` answers, or what `Channels` says of the name; with `worker` it
   * is for you to say.
   * @throws AnywireError `bad-request` for options of the wrong type, `closed` after `close`. What the server refuses
   * (a bad name or position, a channel that may not be read) is thrown by the loop, and rejects `closed` of the
   * subscription.
   */
  subscribe<Name extends (keyof Channels & string) | (string & {}), Data = DataOf<Channels, Name>>(
    channel: Name,
    options?: SubscribeOptions<Data>,
    onItem?: OnItem<Data>,
  ): Subscription<Data>
  subscribe<Name extends (keyof Channels & string) | (string & {}), Data = DataOf<Channels, Name>>(
    channel: Name,
    onItem: OnItem<Data>,
  ): Subscription<Data>
  /**
   * Publishes: resolves when the server has stored it, exactly once, whatever happened on the way. Without a connection
   * it waits.
   * @param data JSON; a string in a text channel; a `Uint8Array`; `undefined` (with a key) removes the key. It is
   * copied at once.
   * @throws AnywireError what the server refuses for good; `internal` or `timeout` if it failed on this message five
   * times; `too-many` when too many wait; `bad-request` for what is not JSON; `closed` when the client is, which ends
   * no Node program that does not await it.
   */
  publish<Name extends (keyof Channels & string) | (string & {})>(
    channel: Name,
    data: DataOf<Channels, Name>,
    options?: PublishOptions,
  ): Promise<Acknowledgement>
  /**
   * Ends every subscription, waits up to 1 s for answers to publishes that were sent, and ends the connection. What is
   * not answered by then rejects with `closed`, though it may have been stored; what the outbox keeps is sent by the
   * next page.
   */
  close(): Promise<void>
}

/** How long `close` waits for answers to what was sent. */
const answersMs = 1_000

type Handlers = { [Type in FromCore['type']]: (message: Extract<FromCore, { type: Type }>) => unknown }

export function createClient<Channels>(options: ClientOptions): Client<Channels> {
  const { openPort, token, renew, learnt } = options
  const state = createSignal<State>('idle')
  const stats = createSignal<Stats>({ bytes: 0, messages: 0, reconnects: 0, gaps: 0, decisions: [] })
  const subscriptions = new Map<number, ClientSubscription>()
  let port: Promise<CorePort> | undefined
  let ids = 0
  let entered: ClientSubscription[] = []
  let ended: AnywireError | undefined
  /** Who we are to the server, once a core has answered that. */
  let principal: string | undefined
  /** Who the core serves. */
  let served: string | undefined
  let asking = false

  const connect = () => {
    port ??= openPort((message) => handlers[message.type](message as never))
    return port
  }
  const send = (message: ToCore) => void connect().then((port) => port.send(message))
  const createOutbox = () => options.outbox((requests) => send({ type: 'publish', requests, principal }))
  let outbox = createOutbox()

  const ask = (asked: readonly ClientSubscription[]) =>
    send({ type: 'subscribe', wishes: asked.map(({ again }) => again), principal })
  /** Subscriptions of one turn travel as one request. */
  const enter = batchMicrotask(() => {
    const asked = entered.filter(({ again }) => subscriptions.has(again.id))
    entered = []
    if (asked.length > 0) ask(asked)
  })

  const shut = async (error: AnywireError, ms = 0) => {
    if (ended) return
    ended = error
    for (const subscription of subscriptions.values()) subscription.ends(error.code === 'closed' ? undefined : error)
    subscriptions.clear()
    await outbox.close(error, ms)
    options.closed()
  }

  /**
   * What one has left is never sent as another: it waits under its own name, and we go on as whom the server takes us
   * for.
   */
  const reidentify = async () => {
    if (asking) return
    asking = true
    const found = await renew(principal)
    asking = false
    if (ended || (found === 'same' && served === principal)) return
    if (found === 'other') {
      void outbox.close(new AnywireError('unauthorized', 'The server takes us for somebody else.'))
      outbox = createOutbox()
    }
    if (found !== 'same') principal = undefined
    served = undefined
    void port?.then((line) => line.close())
    port = undefined
    state.set('idle')
    if (subscriptions.size > 0) ask([...subscriptions.values()])
    else if (outbox.size > 0) connect()
  }

  const handlers: Handlers = {
    subscribed: ({ id, offset }) => subscriptions.get(id)?.begins(offset),
    items: ({ id, items, position }) => subscriptions.get(id)?.take(items.map(itemFrom), position),
    failing: ({ id, error }) => subscriptions.get(id)?.failing(AnywireError.fromJSON(error)),
    ended({ id, error }) {
      subscriptions.get(id)?.last(error && AnywireError.fromJSON(error))
      subscriptions.delete(id)
    },
    published: (answer) => outbox.published(answer),
    refused: ({ id, error }) => outbox.refused(id, AnywireError.fromJSON(error)),
    state(message) {
      served = message.principal ?? served
      principal ??= served
      if (served !== principal) return reidentify()
      if (message.state === 'open') outbox.linked()
      if (message.state === 'closed' && message.error) shut(AnywireError.fromJSON(message.error))
      state.set(ended ? 'closed' : message.state)
    },
    stranger(message) {
      served = message.principal
      return reidentify()
    },
    stats: (message) => stats.set(message.stats),
    learnt: ({ memory }) => learnt(memory),
    async token() {
      try {
        send({ type: 'token', token: await token?.() })
      } catch (cause) {
        send({ type: 'token', error: { code: 'unavailable', message: `The "token" function failed: ${cause}` } })
      }
    },
    moved() {
      if (subscriptions.size > 0) ask([...subscriptions.values()])
      else outbox.linked()
    },
  }

  const end = async () => {
    // Without a connection no answer comes.
    const ms = !ended && state.value === 'open' ? answersMs : 0
    await shut(new AnywireError('closed', 'The client is closed.'), ms)
    const line = await port
    line?.close()
    state.set('closed')
  }
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= end()
    return closing
  }

  return {
    state,
    stats,
    subscribe(channel: string, given: SubscribeOptions | OnItem = {}, callback?: OnItem) {
      if (ended) throw ended
      const [options, onItem] = typeof given === 'function' ? [{}, given] : [given, callback]
      const { from = 'now', slow = 'catch-up', rate, schema, worker, signal, failing }: SubscribeOptions = options
      const offset = from === 'start' ? '-1' : from
      // The server judges each channel and position for itself; what has not even their shape would spoil its whole
      // request.
      const fits = [channel, offset].every((one) => typeof one === 'string')
      if (!fits || !(rate === undefined || rate >= 1) || !slows.includes(slow))
        throw new AnywireError(
          'bad-request',
          `Channel and "from" are strings, "rate" is at least 1, "slow" one of ${slows}.`,
        )
      const id = ++ids
      const line = {
        consumed: (count: number) => send({ type: 'consumed', id, count }),
        left() {
          if (subscriptions.delete(id)) send({ type: 'unsubscribe', ids: [id] })
        },
      }
      const wish = { id, channel, offset, slow, rate, transform: worker && String(worker) }
      const subscription = new ClientSubscription({ wish, line, schema, onItem, failing })
      subscriptions.set(id, subscription)
      entered.push(subscription)
      enter()
      whenAborted(signal, subscription.close)
      return subscription as Subscription as Subscription<never>
    },
    publish(channel, data, { key, event, queued, failing } = {}) {
      const body = data instanceof Uint8Array ? { base64: base64Of(data) } : { data }
      const acknowledged = outbox.publish({ channel, ...body, key, event }, { queued, failing })
      void connect()
      return acknowledged
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
