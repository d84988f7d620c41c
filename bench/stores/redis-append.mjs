/** Appends to one Redis, and says what an append cost: `node redis-append.mjs bare|redis <port> <channels> <appends>`. */
import { readFileSync } from 'node:fs'
import { createClient, defineScript } from '@redis/client'
import { redis } from 'anywire/store/redis'
import { all, config, data } from './appends.mjs'

const [which = '', port = '', channels = '', appends = ''] = process.argv.slice(2)
const url = `redis://127.0.0.1:${port}`

/**
 * @typedef {{ append: (channel: number) => Promise<unknown>, close: () => Promise<unknown> | void }} Appended
 * @type {Record<string, () => Promise<Appended>>}
 */
const stores = { bare, redis: ours }

/** The naive way: one call of one script for each append, which knows closed channels and wakes. */
async function bare() {
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
  const client = createClient({ url, scripts: { append } })
  await client.connect()
  return {
    append: (/** @type {number} */ number) => client.append(`c/${number}`),
    close: () => client.destroy(),
  }
}

async function ours() {
  const store = await redis({ url })
  return {
    append: (/** @type {number} */ number) => store.append(`c/${number}`, [{ data }], { create: config }),
    close: () => store.close(),
  }
}

/** What the server has worked, in microseconds. */
async function served() {
  const client = createClient({ url })
  await client.connect()
  const pid = /process_id:(\d+)/.exec(await client.info('server'))?.[1]
  client.destroy()
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  // User and system time, in hundredths of a second.
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

const store = await stores[which]()
// Every channel is there before: what is measured is an append, not a creation.
await all(Math.max(Number(channels), 10_000), (index) => store.append(index % Number(channels)))
const [before, servedBefore, began] = [process.cpuUsage(), await served(), performance.now()]
await all(Number(appends), (index) => store.append(index % Number(channels)))
const seconds = (performance.now() - began) / 1_000
const { user, system } = process.cpuUsage(before)
const count = Number(appends)
const server = ((await served()) - servedBefore) / count
await store.close()
console.log(JSON.stringify({ micros: (user + system) / count, server, rate: count / seconds }))
