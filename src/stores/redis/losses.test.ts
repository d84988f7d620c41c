/** What Redis alone decides: the time, whether enough replicas are there, and what is left where a key is lost. */
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { RedisServer } from '../../../test/support/redis.js'
import type { Store } from '../../core/store.js'
import { whenOf } from '../../protocol/offset.js'
import { Keys } from './names.js'
import { redis } from './redis.js'

const server = await RedisServer.start()
afterAll(() => server.stop())

const create = { contentType: 'text/plain', evictable: false, retain: { messages: null, bytes: null, ageMs: null } }
const everything = { messages: 100, bytes: 100_000 }
const message = (text: string) => [{ data: Buffer.from(text) }]
let names = 0
const name = () => `losses/${++names}`

async function open(): Promise<Store> {
  const store = await redis({ url: server.url, timeoutMs: 30_000 })
  onTestFinished(() => store.close())
  return store
}

async function texts(store: Store, channel: string): Promise<string[]> {
  const page = await store.read(channel, { kind: 'start' }, everything)
  return page.kind === 'page' ? page.messages.map(({ data }) => String(Buffer.from(data!))) : [page.kind]
}

it('a hub whose clock is wrong mints positions by the clock of Redis', async () => {
  const store = await open()
  const channel = name()
  const { now } = Date
  onTestFinished(() => {
    Date.now = now
  })
  Date.now = () => now() + 86_400_000
  const appended = await store.append(channel, message('a'), { create })
  Date.now = now
  const [seconds] = (await server.ask('TIME')) as [string, string]
  const when = appended.kind === 'appended' ? Number(whenOf(appended.next)) / 1e6 : 0
  expect(when).toBeGreaterThan(Number(seconds) - 3_600)
  expect(when).toBeLessThan(Number(seconds) + 3_600)
})

it('a master without the replicas that it must have stores nothing, and says that it cannot be asked', async () => {
  const store = await open()
  const [channel, other] = [name(), name()]
  await store.append(channel, message('a'), { create })
  await server.ask('CONFIG', 'SET', 'min-replicas-to-write', '1')
  onTestFinished(async () => void (await server.ask('CONFIG', 'SET', 'min-replicas-to-write', '0')))
  const cause = expect.objectContaining({ message: expect.stringContaining('NOREPLICAS') })
  for (const one of [channel, other])
    await expect(store.append(one, message('b'), { create })).rejects.toMatchObject({ code: 'store-down', cause })
  expect(await texts(store, channel)).toEqual(['a'])
  await server.ask('CONFIG', 'SET', 'min-replicas-to-write', '0')
  expect(await store.append(channel, message('c'))).toMatchObject({ kind: 'appended' })
  expect(await texts(store, channel)).toEqual(['a', 'c'])
})

it.each(['c', 'm'])(
  'promise 3: a channel that has lost its key "%s" announces it, and mixes nothing old in',
  async (kind) => {
    const store = await open()
    const channel = name()
    const held: string[] = []
    for (const text of ['a', 'b']) {
      const appended = await store.append(channel, message(text), { create })
      held.push(appended.kind === 'appended' ? appended.next : '')
    }
    const key = new Keys('anywire').of(channel).find((one) => one.includes(`}:${kind}:`))
    expect(await server.ask('DEL', key ?? '')).toBe(1)
    await store.append(channel, message('c'), { create })
    expect(await texts(store, channel)).toEqual(['c'])
    for (const offset of held)
      expect(await store.read(channel, { kind: 'at', offset }, everything)).toMatchObject({
        kind: 'gap',
        reason: 'reset',
      })
  },
)

describe('a message that says which span it comes from', () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const traced = [{ data: Buffer.from('b'), event: 'tick', key: 'k', traceparent }]

  /** A store of its own, and what stands as the format of a channel's partition. */
  async function formats() {
    const prefix = name()
    const store = await redis({ url: server.url, prefix, timeoutMs: 30_000 })
    onTestFinished(() => store.close())
    const keys = new Keys(prefix)
    const stateOf = (channel: string) => keys.state(keys.partitionOf(channel))[0] ?? ''
    return { store, stateOf, formatOf: (channel: string) => server.ask('HGET', stateOf(channel), 'f') }
  }

  it('raises the format of its partition: releases before it are refused there, and nowhere else', async () => {
    const { store, formatOf } = await formats()
    for (const channel of ['a', 'b']) await store.append(channel, message('a'), { create })
    expect(await Promise.all(['a', 'b'].map(formatOf))).toEqual(['1', '1'])
    await store.append('a', traced)
    expect(await Promise.all(['a', 'b'].map(formatOf))).toEqual(['2', '1'])
    expect(await texts(store, 'a')).toEqual(['a', 'b'])
  })

  it('raises that of a fork, also where it is kept for its key alone', async () => {
    const { store, formatOf } = await formats()
    const keyed = { ...create, maxKeys: 10, retain: { ...create.retain, messages: 1 } }
    await store.append('a', message('a'), { create: keyed })
    for (const messages of [traced, message('c')]) await store.append('a', messages)
    for (const [fork, source] of [
      ['b', 'a'],
      ['c', 'b'],
    ] as const) {
      expect(await formatOf(fork)).toBe('1')
      expect(await store.forks?.create(fork, keyed, { fork: { source } })).toMatchObject({ kind: 'created' })
      expect(await formatOf(fork)).toBe('2')
      const page = await store.read(fork, { kind: 'snapshot' }, everything)
      expect(page.kind === 'page' && page.messages[0]).toMatchObject({ event: 'tick', key: 'k', traceparent })
    }
  })

  it('of a format that comes later is an outage with a sentence: who publishes may go on elsewhere', async () => {
    const { store, stateOf } = await formats()
    await store.append('a', message('a'), { create })
    await server.ask('HSET', stateOf('a'), 'f', '3')
    const refused = { code: 'store-down', message: expect.stringContaining('format 3') }
    await expect(store.append('a', message('b'))).rejects.toMatchObject(refused)
    await expect(store.read('a', { kind: 'start' }, everything)).rejects.toMatchObject(refused)
    expect(await store.append('b', message('b'), { create })).toMatchObject({ kind: 'appended' })
  })
})
