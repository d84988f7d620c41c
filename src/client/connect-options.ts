/** The options of `connect`. */
import type { AnywireError } from '../protocol/error.js'
import type { CacheLimits } from './cached.js'
import type { TransportName } from './link.js'
import type { Share } from './open-port.js'
import type { Draft } from './outbox.js'
import type { Times } from './times.js'

export interface ConnectOptions {
  /**
   * Where the connection lives. `tabs`: one for all tabs of the origin, in a SharedWorker or in the tab that leads.
   * `worker`: one for this page, in a worker. `none`: in this thread. If one is not possible, the next is used.
   * @default 'tabs' in a browser, 'none' elsewhere
   */
  readonly share?: Share | undefined
  /**
   * Called for a credential at the beginning, before each connection, and 10 s before one expires. If it fails, or does
   * not answer within `times.answerMs`, it is called again, as for a lost connection.
   */
  readonly token?: (() => string | Promise<string>) | undefined
  /**
   * A name for the user. Only pages with the same one share a connection and an outbox. It is rarely needed. Without
   * it, the `iss` and `sub` of a token name the user. Otherwise, with cookies too, the page asks the server first. When
   * the server takes the client for somebody else than before, the client goes on as that one.
   * @default none
   */
  readonly principal?: string | undefined
  /**
   * Transports that may be used, in any order. `sse` is another name of `stream`, and `long-poll` of `poll`.
   * @default `websocket`, `stream`, `poll`; without `stream` over `http:` where tabs do not share
   */
  readonly transports?: readonly TransportName[] | undefined
  /** Publishes that wait for the server. */
  readonly outbox?:
    | {
        /** How many may wait. One more is rejected with `too-many`. @default 10_000 @unit messages */
        readonly maxMessages?: number | undefined
        /**
         * How many bytes they may have as JSON. One that does not fit is rejected with `too-many`.
         * @default 67_108_864 @unit bytes
         */
        readonly maxBytes?: number | undefined
        /**
         * Whether they survive a reload. Outside of browsers they are in memory. `true` also loads what keeps them at
         * the start; otherwise that is loaded with the first publish, or 10 s after the first connection.
         * @default survive, and loaded when there is need of it
         */
        readonly keep?: boolean | undefined
        /**
         * Called with a message that an earlier page left and that the server refuses for good. No promise of this page
         * could reject for it.
         */
        readonly refused?: ((draft: Draft, error: AnywireError) => void) | undefined
      }
    | undefined
  /**
   * Whether this browser may keep what it showed last, so that a page without a connection has something to show: see
   * `client.cache`. It is kept in IndexedDB, for one principal. Bounds may be given instead of `true`.
   * @default false
   */
  readonly cache?: boolean | CacheLimits | undefined
  /**
   * Waiting times in milliseconds, where the usual ones do not fit. A missed deadline grows.
   * @default as `Times` says
   */
  readonly times?: Partial<Times> | undefined
  /** Closes the client, as `close` does. */
  readonly signal?: AbortSignal | undefined
}
