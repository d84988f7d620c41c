/** What the Redis store says and does when Redis is not there, does not answer, or is not what it has to be. */
import { createClient, createCluster } from '@redis/client'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { RedisCluster, RedisSentinel, RedisServer, type RedisServerOptions } from '../../../test/support/redis.js'
import { RedisProxy } from '../../../test/support/redis-proxy.js'
import { moveSlot } from '../../../test/support/redis-slots.js'
import type { AppendResult, Store, Wake } from '../../core/store.js'
import type { RedisOptions } from './options.js'
import { redis } from './redis.js'

const create = { contentType: 'text/plain', evictable: false, retain: { messages: null, bytes: null, ageMs: null } }
const everything = { messages: 10_000, bytes: 10_000_000 }
const message = (text: string) => [{ data: Buffer.from(text) }]
let names = 0
const name = () => `outage/${++names}`

async function open(options: RedisOptions): Promise<Store> {
  const store = await redis(options)
  onTestFinished(() => store.close())
  return store
}

async function serve(options?: RedisServerOptions): Promise<RedisServer> {
  const server = await RedisServer.start(options)
  onTestFinished(() => server.stop())
  return server
}

async function texts(store: Store, channel: string): Promise<string[]> {
  const page = await store.read(channel, { kind: 'start' }, everything)
  return page.kind === 'page' ? page.messages.map(({ data }) => String(Buffer.from(data!))) : [page.kind]
}

const refusal = (options: RedisOptions) => redis(options).then(String, ({ code, message }) => `${code}: ${message}`)

describe('a Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start({ kept: 'no' })
  })
  afterAll(() => server.stop())

  it('that cannot be reached is told of with a sentence', async () => {
    const gone = await RedisServer.start()
    await gone.stop()
    expect(await refusal({ url: gone.url })).toMatch(/^store-down: Redis at 127.0.0.1:\d+ cannot be reached: .*REFUSED/)
  })

  it('that holds another format is refused, and left as it is', async () => {
    await server.ask('HSET', 'newer:{3}:s', 'f', '3')
    expect(await refusal({ url: server.url, prefix: 'newer' })).toBe(
      'bad-request: This Redis holds a store of format 3; this release reads the formats 1 and 2.',
    )
    expect(await server.ask('HGETALL', 'newer:{3}:s')).toEqual({ f: '3' })
  })

  it('that would forget by itself is refused', async () => {
    const forgetful = await serve({ args: ['--maxmemory-policy', 'allkeys-lru'] })
    expect(await refusal({ url: forgetful.url })).toMatch(/^bad-request: .*allkeys-lru.*"noeviction"/)
  })

  it('that writes to the disk before it answers says so', async () => {
    const [url, safe] = [server.url, (await serve({ kept: 'always' })).url]
    const stores = [await open({ url }), await open({ url: safe })]
    expect(stores.map(({ capabilities }) => capabilities.acknowledged)).toEqual(['process-crash', 'power-loss'])
  })

  it('is reached as a client of the program is, which is left alone', async () => {
    const locked = await serve({ args: ['--requirepass', 'secret'], password: 'secret' })
    const client = createClient({ url: locked.url, password: 'secret' })
    const store = await open({ client })
    expect(await store.append('n', message('a'), { create })).toMatchObject({ kind: 'appended' })
    expect(client.isOpen).toBe(false)
    expect(await refusal({ url: locked.url })).toMatch(/^store-down: .*NOAUTH/)
    const cluster = createCluster({ rootNodes: [{ url: locked.url }] })
    expect(await refusal({ client: cluster as never })).toMatch(/^bad-request: The option "client".*createClient/)
  })

  it.each(['a{b}c', '{}', 'é/\u{1f600}', `long/${'x'.repeat(100_000)}`, '1'])('takes any name', async (channel) => {
    const [one, other] = [await open({ url: server.url }), await open({ url: server.url })]
    const wakes: Wake[] = []
    other.watch((wake) => wakes.push(wake))
    await other.follow(channel)
    await one.append(channel, message('a'), { create })
    expect(await texts(other, channel)).toEqual(['a'])
    await expect.poll(() => wakes).toMatchObject([{ kind: 'appended', channel }])
  })

  it('that is full takes no more, says what to do, and is read on', async () => {
    const small = await serve({ args: ['--maxmemory', '8mb', '--maxmemory-policy', 'noeviction'] })
    const store = await open({ url: small.url })
    const channel = name()
    let answer = await store.append(channel, message('first'), { create })
    for (let count = 0; answer.kind === 'appended' && count < 200; count++)
      answer = await store.append(channel, message('x'.repeat(100_000)))
    expect(answer).toMatchObject({ kind: 'full', why: expect.stringContaining('maxmemory') })
    expect((await texts(store, channel))[0]).toBe('first')
    await store.delete(channel)
    expect(await store.append(channel, message('again'), { create })).toMatchObject({ kind: 'appended' })
  })
})

describe('an append', () => {
  it('whose answer does not come in time is unknown, and is not repeated', async () => {
    const server = await serve()
    const store = await open({ url: server.url, timeoutMs: 2_000 })
    const channel = name()
    await store.append(channel, message('a'), { create })
    server.freeze()
    expect(await store.append(channel, message('b'))).toMatchObject({ kind: 'unknown' })
    server.thaw()
    await expect.poll(() => texts(store, channel).catch(() => [])).toEqual(['a', 'b'])
  })

  it('whose connection is lost is unknown without a producer, and asked for once more with one', async () => {
    const server = await serve()
    const proxy = await RedisProxy.start(server.port)
    onTestFinished(() => proxy.close())
    const store = await open({ url: proxy.url })
    const channel = name()
    await store.append(channel, message('a'), { create })
    proxy.cutAfterAnswers(1)
    const [plain, repeated] = await Promise.all([
      store.append(channel, message('b')),
      store.append(channel, message('c'), { producer: { id: 'p', epoch: 0, seq: 0 } }),
    ])
    expect([plain.kind, repeated.kind]).toEqual(['unknown', 'duplicate'])
    expect(await texts(store, channel)).toEqual(['a', 'b', 'c'])
  })

  it('fails at once while there is no connection, and goes on without another start', async () => {
    const server = await serve({ kept: 'always' })
    const store = await open({ url: server.url })
    const channel = name()
    await store.append(channel, message('a'), { create })
    await server.kill()
    await expect.poll(() => store.append(channel, message('x')).catch(({ code }) => code)).toBe('store-down')
    await expect(store.position([channel])).rejects.toMatchObject({ code: 'store-down' })
    await expect(store.follow(name())).rejects.toMatchObject({ code: 'store-down' })
    await server.start()
    const append = () => store.append(channel, message('b')).catch(() => 0)
    await expect.poll(append, { timeout: sentinelMs }).toMatchObject({ kind: 'appended' })
    expect(await texts(store, channel)).toEqual(['a', 'b'])
  })
})

describe('wake-ups', () => {
  it('that may have been lost are told of when a connection breaks and when it is back, and come again', async () => {
    const server = await serve()
    const proxy = await RedisProxy.start(server.port)
    onTestFinished(() => proxy.close())
    const [store, other] = [await open({ url: proxy.url }), await open({ url: server.url })]
    const channel = name()
    const wakes: string[] = []
    store.watch(({ kind }) => wakes.push(kind))
    await store.follow(channel)
    await other.append(channel, message('a'), { create })
    await expect.poll(() => wakes).toEqual(['appended'])
    proxy.cut()
    // Each of the two connections breaks and is back.
    await expect.poll(() => wakes.length).toBe(5)
    expect(wakes.slice(1)).toEqual(Array(4).fill('discontinuity'))
    await other.append(channel, message('b'))
    await expect.poll(() => wakes.at(-1)).toBe('appended')
  })

  it('of a follower that Redis ends as too slow are told of as lost', async () => {
    const server = await serve()
    const [store, other] = [await open({ url: server.url }), await open({ url: server.url })]
    const wakes: string[] = []
    store.watch(({ kind }) => wakes.push(kind))
    const channel = name()
    await store.follow(channel)
    await server.ask('CONFIG', 'SET', 'client-output-buffer-limit', 'pubsub 1 0 0')
    await other.append(channel, message('x'.repeat(200_000)), { create })
    await expect.poll(() => wakes).toContain('discontinuity')
  })

  it('say that all is lost within a second or two of a flush, though nobody asks', async () => {
    const server = await serve()
    const store = await open({ url: server.url })
    const wakes: Wake[] = []
    store.watch((wake) => wakes.push(wake))
    const channel = name()
    await store.append(channel, message('a'), { create })
    await server.ask('FLUSHALL')
    const covers = () => wakes.some((wake) => wake.kind === 'discontinuity' && wake.covers?.(channel))
    await expect.poll(covers).toBe(true)
  })
})

/** A Sentinel that did not get to run for 2 s does nothing for 30 s. */
const sentinelMs = 150_000

describe('behind Sentinels', () => {
  it('goes on with the master that they promote', { timeout: 3 * sentinelMs }, async () => {
    const master = await serve()
    const replica = await serve({ args: ['--replicaof', '127.0.0.1', String(master.port)] })
    const sentinel = await RedisSentinel.start('main', master.port)
    onTestFinished(() => sentinel.stop())
    const store = await open({ sentinel: { name: 'main', nodes: [sentinel.address] } })
    const channel = name()
    await store.append(channel, message('a'), { create })
    const synced = async () => (await sentinel.ask('SENTINEL', 'REPLICAS', 'main')) as unknown[]
    await expect.poll(synced, { timeout: sentinelMs }).toHaveLength(1)
    await expect.poll(() => replica.ask('DBSIZE').then(Number)).toBeGreaterThan(1)
    await master.kill()
    await expect.poll(() => store.append(channel, message('b')).catch(() => 0)).toMatchObject({ kind: 'appended' })
    expect(await texts(store, channel)).toEqual(['a', 'b'])
  })
})

describe('a slot of a cluster that moves', () => {
  it('lets appends wait until it has arrived, and wakes from there', async () => {
    const cluster = await RedisCluster.start()
    onTestFinished(() => cluster.stop())
    const [store, other] = [await open({ url: cluster.url }), await open({ url: cluster.url })]
    const channel = name()
    const wakes: Wake[] = []
    store.watch((wake) => wakes.push(wake))
    await store.follow(channel)
    await other.append(channel, message('a'), { create })
    let waiting: Promise<AppendResult> | undefined
    const half = async () => {
      waiting = other.append(channel, message('b'))
      expect(await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 100, 'waits'))])).toBe('waits')
    }
    await moveSlot(cluster, channel, { half })
    expect(await waiting).toMatchObject({ kind: 'appended' })
    const woken = async (text: string) => {
      await other.append(channel, message(text))
      return wakes.some(
        (wake) => wake.kind === 'appended' && /^later/.test(String(Buffer.from(wake.messages[0]!.data!))),
      )
    }
    let number = 0
    await expect.poll(() => woken(`later ${++number}`)).toBe(true)
    expect((await texts(store, channel)).slice(0, 3)).toEqual(['a', 'b', 'later 1'])
  })
})
