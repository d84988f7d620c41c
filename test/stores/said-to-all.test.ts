/** What is said to all nodes reaches those on Redis and NATS: `hub.disconnect` and `hub.revoke` end readers on every node. */
import { expect, it, onTestFinished } from 'vitest'
import type { Store } from '../../src/core/store.js'
import { type Credential, createHub, type Hub, memory, routed } from '../../src/index.js'
import { nats } from '../../src/stores/nats/index.js'
import { redis } from '../../src/stores/redis/index.js'
import { ask } from '../support/clients/request.js'
import { connect } from '../support/clients/socket.js'
import { serveHub } from '../support/hub-server.js'
import { NatsServer } from '../support/nats.js'
import { RedisServer } from '../support/redis.js'

/** Starts a server; what opens one more store on it. */
type Engine = () => Promise<() => Promise<Store>>

const engines: Readonly<Record<string, Engine>> = {
  Redis: async () => {
    const server = await RedisServer.start({ kept: 'no' })
    onTestFinished(() => server.stop())
    return () => redis({ url: server.url })
  },
  'Redis, with statistics in memory': async () => {
    const open = await engines.Redis!()
    return async () => routed({ $stats: memory(), '$stats/*': memory() }, await open())
  },
  NATS: async () => {
    const server = await NatsServer.start()
    onTestFinished(() => server.stop())
    return () => nats({ servers: server.url })
  },
}

async function node(open: () => Promise<Store>): Promise<Hub> {
  const hub = createHub({ store: await open() })
  onTestFinished(() => hub.close({ graceMs: 0 }))
  return hub
}

/** Reads until it is ended. */
function reading(hub: Hub, channel: string): { ended: boolean } {
  const state = { ended: false }
  const end = () => {
    state.ended = true
  }
  const read = async () => {
    for await (const _ of hub.subscribe(channel));
  }
  read().then(end, end)
  return state
}

it.each(Object.keys(engines))('hub.disconnect ends readers on every node over %s', async (engine) => {
  const open = await engines[engine]!()
  const [one, other] = [await node(open), await node(open)]
  const [here, there, elsewhere] = [reading(one, 'a'), reading(other, 'a'), reading(other, 'b')]
  await expect.poll(() => [one.stats().subscriptions, other.stats().subscriptions]).toEqual([1, 2])
  one.disconnect({ channel: 'a' })
  // A node that has begun just now may have missed it.
  await expect.poll(async () => (await one.disconnect({ channel: 'a' })) > 0 || there.ended).toBe(true)
  expect([here.ended, elsewhere.ended]).toEqual([true, false])
})

it.each(Object.keys(engines))(
  'hub.revoke ends clients on every node over %s, also on those that begin later',
  async (engine) => {
    const open = await engines[engine]!()
    const authenticate = (credential?: Credential) => credential && { id: credential.token }
    const serve = async () => serveHub({ store: await open(), authenticate })
    const [one, other] = [await serve(), await serve()]
    const headers = { Authorization: 'Bearer ann' }
    const socket = await connect(other.socketUrl('a'), { headers })
    await one.hub.revoke({ principal: 'ann' })
    expect((await socket.closed).code).toBe(4401)
    await other.hub.revoke({ principal: 'bob' })
    const later = await serve()
    for (const name of ['ann', 'bob']) {
      expect((await ask(later.url('a'), { headers: { Authorization: `Bearer ${name}` } })).status).toBe(401)
    }
  },
)
