/** `$stats`, `$connections` and `$channels`: what nodes tell of themselves, to whom, and for how long. PROTOCOL.md 3.11. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHub, grantsOf, type Hub, type HubOptions, memory, type Principal, type Store } from '../../src/index.js'
import { bearer, named } from '../access/worlds.js'
import { ask } from '../support/clients/request.js'
import { connect, session } from '../support/clients/socket.js'
import { stream } from '../support/clients/sse.js'
import { share } from '../support/core/shared-store.js'
import { serveHub } from '../support/hub-server.js'

const facts: Readonly<Record<string, Partial<Principal>>> = {
  admin: {
    grants: grantsOf({ channels: { $stats: ['manage'], '$connections/*': ['manage'], $channels: ['manage'] } }),
  },
  reader: { grants: grantsOf({ channels: { $stats: ['subscribe'], '*': ['*'] } }) },
}
const toAdmin = { headers: bearer('admin') }
const serve = (options?: HubOptions) => serveHub({ authenticate: named(facts), statistics: true, ...options })

type Entry = Readonly<Record<string, unknown>>

/** What a list says, by key, as one who follows it knows. */
function follow(hub: Hub, channel: string): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>()
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  const read = async () => {
    for await (const item of hub.subscribe(channel, { from: 'snapshot', signal: stop.signal })) {
      if (item.kind !== 'message') continue
      if (item.data === undefined) entries.delete(item.key ?? '')
      else entries.set(item.key ?? '', item.data as Entry)
    }
  }
  void read().catch(() => undefined)
  return entries
}

function hubOn(options: HubOptions): Hub {
  const hub = createHub({ statistics: true, onError: () => undefined, ...options })
  onTestFinished(() => hub.close({ graceMs: 1 }))
  return hub
}

/** A store in memory for several hubs of this process. */
function ofMany(): Store {
  const store = memory()
  return Object.assign(store, { capabilities: { ...store.capabilities, shared: true } })
}

describe('$stats', () => {
  it('says what the node does, by transport, in the first answer and then each second', async () => {
    const { hub, url, socketUrl } = await serve()
    const first = await ask(url('$stats?offset=snapshot'), toAdmin)
    const [node, all] = JSON.parse(first.text) as Entry[]
    expect(node).toMatchObject({ state: 'ready', nodes: 1, storeUp: true, transports: {} })
    expect(all).toEqual({ ...node, node: '$all' })
    await connect(socketUrl('n'), { headers: bearer('bob') })
    const told = follow(hub, '$stats')
    const busy = setInterval(() => void hub.publish('n', 1).catch(() => undefined), 20)
    onTestFinished(() => clearInterval(busy))
    await expect
      .poll(() => told.get('$all'))
      .toMatchObject({
        messagesPerSecond: expect.toSatisfy((rate) => rate > 0),
        publishesPerSecond: expect.toSatisfy((rate) => rate > 0),
        transports: { websocket: { connections: 1, messagesPerSecond: expect.toSatisfy((rate) => rate > 0) } },
      })
  })

  it('is for those with a grant of manage, and for nobody without grants', async () => {
    const { url } = await serve()
    const statusOf = async (who: string, name: string) => (await ask(url(name), { headers: bearer(who) })).status
    expect(await statusOf('admin', '$stats')).toBe(200)
    expect(await statusOf('admin', '$connections')).toBe(403)
    expect(await statusOf('admin', '$connections/bob')).toBe(200)
    for (const name of ['$stats', '$channels', '$connections']) {
      expect([await statusOf('reader', name), await statusOf('bob', name)]).toEqual([403, 403])
    }
  })

  it('is for whom a rule of its name lets in', async () => {
    const { url } = await serve({ rules: { $stats: { subscribe: ({ principal }) => principal.id === 'bob' } } })
    expect((await ask(url('$stats'), { headers: bearer('bob') })).status).toBe(200)
    expect((await ask(url('$stats'), { headers: bearer('eve') })).status).toBe(403)
  })

  it('is published to by nobody, and not there unless it is asked for', async () => {
    const { url } = await serve()
    expect((await ask(url('$stats'), { ...toAdmin, method: 'POST', body: '1' })).status).toBe(403)
    expect((await ask(url('$stats'), { ...toAdmin, method: 'DELETE' })).status).toBe(403)
    const off = await serve({ statistics: false })
    expect((await ask(off.url('$stats'), toAdmin)).status).toBe(403)
  })

  it('is read on every form', async () => {
    const { url, socketUrl } = await serve()
    const plain = await stream(url('$stats?offset=snapshot'), toAdmin)
    await expect.poll(() => plain.text).toContain('"node":"$all"')
    const polled = await ask(url('$stats?live=long-poll&offset=now'), toAdmin)
    expect([polled.status, polled.text]).toEqual([200, expect.stringContaining('"at":')])
    const socket = await session(socketUrl(), toAdmin)
    socket.say({ type: 'subscribe', subscriptions: [{ channel: '$stats', offset: 'snapshot' }] })
    expect(await socket.frame('messages')).toMatchObject({ channel: '$stats' })
  })
})

describe('$connections', () => {
  it('tells who reads what, from where and how far, and takes back who has gone', async () => {
    const { hub, socketUrl } = await serve()
    const { offset } = await hub.publish('n', 1)
    const socket = await connect(socketUrl('n?offset=-1'), { headers: bearer('bob') })
    const told = follow(hub, '$connections')
    const bob = () => [...told.values()].find(({ principal }) => principal === 'bob')
    await expect.poll(bob).toMatchObject({
      transport: 'websocket',
      address: '127.0.0.1',
      gaps: 0,
      channels: 1,
      readings: [{ channel: 'n', position: offset, state: 'live', slow: 'catch-up', lag: { messages: 0, ms: 0 } }],
    })
    socket.close()
    await expect.poll(bob).toBeUndefined()
  })

  it('tells of those alone that are searched for', async () => {
    const { hub, socketUrl } = await serve()
    for (const who of ['bob', 'eve']) await connect(socketUrl(`rooms/${who}`), { headers: bearer(who) })
    const [byName, byChannel] = [follow(hub, '$connections/BO'), follow(hub, '$connections/rooms/e')]
    const names = (list: typeof byName) => [...list.values()].map(({ principal }) => principal)
    await expect.poll(() => [names(byName), names(byChannel)]).toEqual([['bob'], ['eve']])
  })
})

describe('$channels', () => {
  it('tells readers, rates and how each is kept, also of channels that are only published to', async () => {
    const retain = { messages: 7, bytes: 7_000, ageMs: null }
    const { hub, socketUrl } = await serve({ rules: { 'rooms/:id': { retain } } })
    await connect(socketUrl('rooms/1'), { headers: bearer('bob') })
    const told = follow(hub, '$channels')
    const busy = setInterval(() => void hub.publish('other', 1).catch(() => undefined), 20)
    onTestFinished(() => clearInterval(busy))
    const of = (name: string) => [...told.values()].find(({ channel }) => channel === name)
    await expect.poll(() => of('rooms/1')).toMatchObject({ rule: 'rooms/:id', readers: 1, behind: 0, retain })
    await expect
      .poll(() => of('other'))
      .toMatchObject({
        readers: 0,
        publishesPerSecond: expect.toSatisfy((rate) => rate > 0),
      })
    expect([...told.values()].filter(({ channel }) => String(channel).startsWith('$'))).toEqual([])
  })
})

describe('of several nodes', () => {
  it('each tells of itself while somebody reads on one of them, and one tells the sum', async () => {
    const shared = share(ofMany())
    const one = hubOn({ store: shared.node().store })
    hubOn({ store: shared.node().store })
    const told = follow(one, '$stats')
    await expect.poll(() => [told.get('$all')?.nodes, told.size]).toEqual([2, 3])
  })

  it('one that died is taken back from each list, and from the sum', async () => {
    const shared = share(ofMany())
    const limits = { nodeLeaseMs: 1_000 }
    const [one, other] = [shared.node(), shared.node()]
    const living = hubOn({ store: one.store, limits })
    const dying = hubOn({ store: other.store, limits })
    dying
      .subscribe('n')
      .next()
      .catch(() => undefined)
    const [stats, connections] = [follow(living, '$stats'), follow(living, '$connections')]
    const nodesOf = (list: typeof stats) => new Set([...list.values()].map(({ node }) => node)).size
    await expect.poll(() => [stats.get('$all')?.nodes, nodesOf(connections)]).toEqual([2, 2])
    other.kill()
    await expect.poll(() => [stats.get('$all')?.nodes, stats.size, nodesOf(connections)]).toEqual([1, 2, 1])
  })
})

describe('without a reader', () => {
  it('nothing is looked at, written or kept', async () => {
    const asked: string[] = []
    const store = memory()
    const append = store.append.bind(store)
    store.append = (channel, ...rest) => {
      asked.push(channel)
      return append(channel, ...rest)
    }
    const hub = hubOn({ store })
    const before = hub.stats().timers
    await hub.publish('n', 1)
    expect(asked).toEqual(['n'])
    expect([...hub.inspect().channels()]).toEqual([])
    expect(hub.stats().timers - before).toBeLessThanOrEqual(1) // how "n" is kept is looked at
  })
})
