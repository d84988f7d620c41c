/** `anywire/store/redis`: for any number of hubs, on Redis 7 or newer. */
export type { GivenClient, RedisOptions, SentinelOptions } from './options.js'
export { redis } from './redis.js'
