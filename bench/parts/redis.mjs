/** What an append to the Redis store costs beside a script of its own for each append. */
import { appends } from './appends.mjs'

const note =
  ', to a Redis that writes nothing to the disk. CPU of the Node process, and of Redis. The bare call checks a flag, counts, adds and publishes, for each append by itself.'

/** @param {import('./appends.mjs').AppendOptions} options */
export const redis = (options) =>
  appends(
    {
      title: 'Redis store',
      note,
      kind: 'redis',
      names: { bare: 'bare Lua call of `@redis/client`', ours: '**Anywire** `redis()`' },
      channels: [1, 10_000],
      serverName: 'Redis',
    },
    options,
  )
