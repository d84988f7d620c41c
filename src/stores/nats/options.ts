/** What the NATS store can be told. */
import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node'
import { aCount, aFunction, anObject, type Shape } from '../../core/shape.js'

export interface NatsOptions {
  /**
   * Where the servers are: `host:port` or `nats://user:password@host:port`, one or several of one cluster.
   * @default 'nats://127.0.0.1:4222'
   */
  readonly servers?: string | readonly string[] | undefined
  /** What else is told to `connect` of `@nats-io/transport-node`, such as `tls` or `authenticator`. */
  readonly connect?: Readonly<ConnectionOptions> | undefined
  /**
   * A connection of your own, in the place of `servers` and `connect`. It stays open when the store is closed. Let it
   * reconnect without end, and ping every few seconds.
   */
  readonly connection?: NatsConnection | undefined
  /**
   * What the names of streams and subjects begin with: 1 to 32 letters, digits, `-` or `_`. Hubs of one name share
   * their channels.
   * @default 'anywire'
   */
  readonly name?: string | undefined
  /**
   * On how many servers of a cluster each message stands before it is acknowledged. More than one needs servers from
   * 2.11 on.
   * @default 1
   * @unit servers
   */
  readonly replicas?: number | undefined
  /**
   * What one stream may take on disk; there is one for each number of messages that rules keep (`retain.messages`).
   * Beyond it publishes are refused as `too-many`, until channels are deleted.
   * @default none
   */
  readonly maxBytes?: number | undefined
  /** How long an append is tried, with reconnecting, until its outcome is `unknown`. @default 5_000 */
  readonly appendMs?: number | undefined
  /** The clock that offsets are made from: milliseconds since 1970. For tests. @default Date.now */
  readonly now?: (() => number) | undefined
}

const count = ['a whole number from 1', (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 1] as const

const isServer = (value: unknown) => typeof value === 'string' && value !== ''

export const natsShape: Shape<NatsOptions> = {
  servers: [
    'an address, or a list of them',
    (value) => isServer(value) || (Array.isArray(value) && value.length > 0 && value.every(isServer)),
  ],
  connect: anObject,
  connection: ['a connection of @nats-io/transport-node', (value) => typeof Object(value).request === 'function'],
  name: [
    '1 to 32 letters, digits, "-" or "_"',
    (value) => typeof value === 'string' && /^[A-Za-z0-9_-]{1,32}$/.test(value),
  ],
  replicas: ['1, 2, 3, 4 or 5', (value) => [1, 2, 3, 4, 5].includes(value as number)],
  maxBytes: count,
  appendMs: aCount,
  now: aFunction,
}
