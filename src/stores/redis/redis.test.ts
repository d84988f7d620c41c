/** The Redis store keeps the contract of stores, on one Redis by its clock, and on a cluster by that of the facts. */
import { afterAll, beforeAll } from 'vitest'
import { RedisCluster, RedisServer } from '../../../test/support/redis.js'
import { storeContract } from '../../testing/store-contract.js'
import { redis } from './redis.js'

const abilities = { acknowledged: 'process-crash', shared: true } as const
let server: RedisServer
let cluster: RedisCluster

beforeAll(async () => {
  ;[server, cluster] = await Promise.all([RedisServer.start(), RedisCluster.start()])
})
afterAll(() => Promise.all([server?.stop(), cluster?.stop()]))

storeContract('redis', () => redis({ url: server.url }), { ...abilities, clock: false })
storeContract('redis cluster', ({ now }) => redis({ url: cluster.url, now }), abilities)
