/** One Redis, whose connections come back one after the other. */
import { expect, it, onTestFinished } from 'vitest'
import { RedisServer } from '../../../test/support/redis.js'
import { Clients } from './client.js'
import { RedisNode } from './node.js'

it('says that wake-ups may have been lost when it can be asked for them', async () => {
  const server = await RedisServer.start({ kept: 'no' })
  onTestFinished(() => server.stop())
  const clients = await Clients.load({ url: server.url }, 5_000)
  const told: boolean[] = []
  let listens: (isThere: true) => void = () => undefined
  const listening = new Promise((resolve) => {
    listens = resolve
  })
  const node = new RedisNode(
    async (options) => {
      // What is asked waits for what listens.
      if (!options?.onMessage) await listening
      return clients.open(options)
    },
    { onMessage: () => undefined, onLost: ({ ready }) => told.push(ready), onMoved: () => undefined },
  )
  onTestFinished(() => node.close())
  await node.subscriber.next()
  listens(true)
  await node.next()
  await expect.poll(() => told).toEqual([false, true])
})
