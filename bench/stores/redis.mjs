/** Appends to one Redis: by a script of the bare client, and by ours. */
import { createClient, defineScript } from '@redis/client'
import { redis } from 'anywire/store/redis'
import { config, data } from './appends.mjs'

/**
 * The naive way: one call of one script for each append, which knows closed channels and wakes.
 * @param {string} port
 */
export async function bare(port) {
  const append = defineScript({
    SCRIPT: `
      local meta = redis.call('HMGET', KEYS[1], 'n', 'closed')
      if meta[2] then return 0 end
      local time = redis.call('TIME')
      local number = (tonumber(meta[1]) or 0) + 1
      local id = string.format('%.0f-%.0f', time[1] * 1000000 + time[2], number)
      redis.call('XADD', KEYS[2], id, 'd', ARGV[1])
      redis.call('HSET', KEYS[1], 'n', number)
      redis.call('PUBLISH', KEYS[1], id .. ARGV[1])
      return id`,
    NUMBER_OF_KEYS: 2,
    IS_READ_ONLY: false,
    parseCommand(/** @type {import('@redis/client').CommandParser} */ parser, /** @type {string} */ channel) {
      parser.pushKeys([`bare:c:${channel}`, `bare:m:${channel}`])
      parser.push(data)
    },
    transformReply: (/** @type {import('@redis/client').RedisArgument} */ reply) => reply,
  })
  const client = createClient({ url: urlOf(port), scripts: { append } })
  await client.connect()
  return {
    append: (/** @type {number} */ number) => client.append(`c/${number}`),
    close: () => client.destroy(),
  }
}

/** @param {string} port */
export async function ours(port) {
  const store = await redis({ url: urlOf(port) })
  return {
    append: (/** @type {number} */ number) => store.append(`c/${number}`, [{ data }], { create: config }),
    close: () => store.close(),
  }
}

const urlOf = (/** @type {string} */ port) => `redis://127.0.0.1:${port}`
