/** A connection to a cluster: what Redis ends, it notices. */
import { createClient } from '@redis/client'
import { expect, it, onTestFinished } from 'vitest'
import { RedisCluster } from '../../../test/support/redis.js'
import { moveSlot } from '../../../test/support/redis-slots.js'
import { type RawClient, RedisConnection } from './connection.js'
import { Keys } from './names.js'

it('a subscription that Redis ends is noticed, whatever is asked at that moment', async () => {
  const cluster = await RedisCluster.start()
  onTestFinished(() => cluster.stop())
  const channel = 'moved'
  const key = new Keys('anywire').record(channel)
  const noticed: string[] = []
  const connections: RedisConnection[] = []
  for (const { url } of cluster.servers) {
    const client = createClient({ url, RESP: 3, socket: { reconnectStrategy: false } }) as unknown as RawClient
    const options = { silentMs: 5_000, onMoved: (moved: string) => noticed.push(moved) }
    const connection = await RedisConnection.open(client, options)
    onTestFinished(() => connection.end())
    void connection.ended.then(() => noticed.push(key))
    // Refused by those that do not have the slot.
    await connection.subscribe([key]).catch(() => undefined)
    connections.push(connection)
  }
  // The client waits for this answer while the slot moves.
  const moving = () => {
    for (const connection of connections) connection.send(['WAIT', '1', '4000']).catch(() => undefined)
  }
  await moveSlot(cluster, channel, { moving })
  await expect.poll(() => noticed).toEqual([key])
})
