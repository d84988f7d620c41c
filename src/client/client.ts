/** The client of a page, a worker or a program. Its core may be elsewhere, and may be replaced at any time. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Slow } from '../protocol/anywire-frame.js'
import type { AnywireError } from '../protocol/error.js'
import type { Cache } from './cached.js'
import type { Item } from './item.js'
import type { Acknowledgement } from './outbox.js'
import type { Problem } from './problem/problem.js'
import type { Presence } from './roster.js'
import type { Signal } from './signal.js'
import type { State, Stats } from './stats.js'
import type { Subscription } from './subscription.js'

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
   * Why there is no connection, for developers: set after 3 s in vain, and said once on the console. What finds that out
   * is loaded then. On this machine, also that WebSockets do not get through. @default undefined: all is well so far
   */
  readonly problem: Signal<Problem | undefined>
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
   * Who is present in a channel whose rule has `presence`; with a state one is there oneself, as long as this is not
   * closed. Without, one only looks. Resolves when the part of the client that does this is loaded.
   * @throws AnywireError `too-large` or `bad-request` for a state that cannot be, `closed` after `close`; a TypeError if
   * that part cannot be loaded: try again. What the server refuses rejects `closed` of the presence.
   */
  presence<State = unknown>(channel: string, state?: State | null): Promise<Presence<State>>
  /**
   * What this browser showed last, and shows again without a connection, with the time of it. Resolves when the part of
   * the client that does this is loaded. Without the option `cache`, and outside of browsers, nothing is kept.
   * @throws TypeError if that part cannot be loaded: try again.
   */
  cache(): Promise<Cache>
  /**
   * Ends every subscription, waits up to 1 s for answers to publishes that were sent, and ends the connection. What is
   * not answered by then rejects with `closed`, though it may have been stored; what the outbox keeps is sent by the
   * next page.
   */
  close(): Promise<void>
}
