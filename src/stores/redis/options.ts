/** What the Redis store can be told. */
import { aFunction, anObject, aString, type Shape } from '../../core/shape.js'

/** A client of `@redis/client` or `redis`: only what it was made with is read. It need not be connected. */
export interface GivenClient {
  readonly options: object
}

/** A Redis that Sentinels look after. */
export interface SentinelOptions {
  /** What the Sentinels call the master. @default none: it has to be given */
  readonly name: string
  /** Addresses of Sentinels, as `host:port`. @default none: they have to be given */
  readonly nodes: readonly string[]
}

export interface RedisOptions {
  /**
   * Where it is: `redis://user:password@host:6379/0`, or `rediss://` for TLS. Of a cluster one node is enough.
   * @default redis://127.0.0.1:6379
   */
  readonly url?: string | undefined
  /**
   * A client of your own, for what a URL cannot say (TLS, credentials, a socket). The store opens connections of its
   * own with the same options, and leaves yours alone. For a cluster give a client of one of its nodes.
   */
  readonly client?: GivenClient | undefined
  /** Asks these Sentinels where the master is, without a password. Those of the master, and TLS, come from `url` or
   * `client`. */
  readonly sentinel?: SentinelOptions | undefined
  /** Begins every key. Hubs that use the same Redis for different things need different ones. @default anywire */
  readonly prefix?: string | undefined
  /**
   * How long Redis may take to answer. Then the outcome of an append is `unknown`, other calls fail, and a connection
   * that is silent for so long is replaced.
   * @default 5_000
   */
  readonly timeoutMs?: number | undefined
  /** The clock: milliseconds since 1970. For tests. @default the clock of Redis */
  readonly now?: (() => number) | undefined
}

const sentinelShape = (value: unknown): boolean => {
  const { name, nodes } = Object(value) as Partial<SentinelOptions>
  return (
    typeof name === 'string' && Array.isArray(nodes) && nodes.length > 0 && nodes.every((node) => /.:\d+$/.test(node))
  )
}

export const redisShape: Shape<RedisOptions> = {
  url: aString,
  client: ['a client that createClient of "@redis/client" has made', (value) => anObject[1](Object(value).options)],
  sentinel: ['a name and nodes, each a "host:port"', sentinelShape],
  prefix: ['a text without braces', (value) => typeof value === 'string' && /^[^{}]+$/.test(value)],
  timeoutMs: ['a whole number from 1', (value) => Number.isSafeInteger(value) && Number(value) >= 1],
  now: aFunction,
}
