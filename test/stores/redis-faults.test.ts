/** Redis does what engines do: it is killed, frozen, cut off, flushed, replaced by one that knows less, moved. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { redis } from '../../src/stores/redis/index.js'
import { Random } from '../hostile/random.js'
import { RedisCluster, RedisServer, type RedisServerOptions } from '../support/redis.js'
import { RedisProxy } from '../support/redis-proxy.js'
import { moveSlot } from '../support/redis-slots.js'
import { World } from './shared-world.js'

/** `npm run chaos` asks for more, and for longer ones. */
const rounds = Number(process.env.TEST_ROUNDS ?? 1)
const seed = Number(process.env.TEST_SEED ?? Date.now() % 100_000)
const random = new Random(seed)
const timeout = 180_000 + rounds * 30_000
/** Of a freeze: longer than Redis may take to answer. */
const frozenMs = Number(process.env.TEST_FREEZE_MS ?? 1_500)
const timeoutMs = Math.min(5_000, frozenMs - 500)
console.log(`seed ${seed}, ${rounds} rounds`)

async function serve(options?: RedisServerOptions): Promise<RedisServer> {
  const server = await RedisServer.start(options)
  onTestFinished(() => server.stop())
  return server
}

/** Reads all of it at the end: that may take its time on a busy machine. */
async function storeAt(url: string) {
  const store = await redis({ url, timeoutMs: 60_000 })
  onTestFinished(() => store.close())
  return store
}

const worldAt = (url: string) => World.of(() => redis({ url, timeoutMs }))

/** A fault, so many times, at random moments; then everything flows again. */
async function strike(world: World, fault: () => Promise<unknown>): Promise<void> {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    await sleep(random.next() * 300)
    await fault()
    times.push(await world.flows())
  }
  if (rounds > 1) expect(Math.max(...times)).toBeLessThan(5_000)
  console.log(`flowed again after at most ${Math.round(Math.max(...times))} ms`)
}

describe('nothing acknowledged is lost or doubled, and no reset is told of', { timeout }, () => {
  it('when Redis is killed and started again', async () => {
    const server = await serve({ kept: 'always' })
    const world = await worldAt(server.url)
    await strike(world, async () => {
      await server.kill()
      await sleep(random.next() * 500)
      await server.start()
    })
    await world.check(await storeAt(server.url))
  })

  it('when Redis is frozen for longer than it may take to answer', async () => {
    const server = await serve()
    const world = await worldAt(server.url)
    await strike(world, async () => {
      server.freeze()
      await sleep(frozenMs)
      server.thaw()
    })
    await world.check(await storeAt(server.url))
  })

  it('when connections are cut in the middle of appends and of their answers', async () => {
    const server = await serve()
    const proxy = await RedisProxy.start(server.port)
    onTestFinished(() => proxy.close())
    const world = await worldAt(proxy.url)
    await strike(world, async () => {
      for (let cuts = 0; cuts < 3; cuts++) {
        const bytes = 1 + Math.floor(random.next() * 2_000)
        if (random.next() < 0.5) proxy.cutAfterSending(bytes)
        else proxy.cutAfterAnswers(bytes)
        await sleep(random.next() * 200)
      }
    })
    await world.check(await storeAt(server.url))
  })

  it('when connections hang, and nobody says so', async () => {
    const server = await serve()
    const proxy = await RedisProxy.start(server.port)
    onTestFinished(() => proxy.close())
    const world = await worldAt(proxy.url)
    await strike(world, async () => {
      proxy.hang()
      await sleep(timeoutMs)
    })
    await world.check(await storeAt(server.url))
  })

  it('when Redis forgets its scripts, and ends the connections that listen', async () => {
    const server = await serve()
    const world = await worldAt(server.url)
    await strike(world, async () => {
      await server.ask('SCRIPT', 'FLUSH')
      await server.ask('CLIENT', 'KILL', 'TYPE', 'pubsub')
      await sleep(random.next() * 100)
    })
    await world.check(await storeAt(server.url))
  })

  it('when slots of a cluster are moved', async () => {
    const cluster = await RedisCluster.start()
    onTestFinished(() => cluster.stop())
    const world = await worldAt(cluster.url)
    await strike(world, async () => {
      for (const number of [0, 1]) await moveSlot(cluster, `channel/${number}`)
    })
    await world.check(await storeAt(cluster.url))
  })
})

describe('what the engine has lost is announced as a reset, and nothing else is lost', { timeout }, () => {
  it('when Redis is flushed', async () => {
    const server = await serve()
    const world = await worldAt(server.url)
    await strike(world, async () => {
      await server.ask('FLUSHALL')
      world.mark()
    })
    await world.check(await storeAt(server.url), { lossy: true })
  })

  it('when a replica that lacks the last writes takes over', async () => {
    let master = await serve()
    const proxy = await RedisProxy.start(master.port)
    onTestFinished(() => proxy.close())
    const world = await worldAt(proxy.url)
    await strike(world, async () => {
      const replica = await serve()
      await replica.ask('REPLICAOF', '127.0.0.1', String(master.port))
      await expect.poll(async () => String(await replica.ask('INFO', 'replication'))).toContain('master_link_status:up')
      await replica.ask('REPLICAOF', 'NO', 'ONE')
      // What is acknowledged now only the old one has.
      await world.flows()
      await master.kill()
      proxy.target = replica.port
      proxy.cut()
      world.mark()
      master = replica
    })
    await world.check(await storeAt(master.url), { lossy: true })
  })
})
