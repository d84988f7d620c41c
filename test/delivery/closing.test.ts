/** `hub.close`: what is under way is done, everybody is told, nothing hangs and nothing is taken any more. */
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type AnywireError, createHub, memory, type Store } from '../../src/index.js'
import { RawClient } from '../support/clients/raw-client.js'
import { ask, post } from '../support/clients/request.js'
import { session } from '../support/clients/socket.js'
import { stream } from '../support/clients/sse.js'
import { type Deferred, deferred } from '../support/core/deferred.js'
import { serveHub } from '../support/hub-server.js'
import { ownTime } from '../support/own-time.js'

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (thrown: AnywireError) => thrown.code,
  )

/** A store whose appends are answered when the gate opens. */
function slowly(): { store: Store; gate: Deferred<void>; appends: () => number; closed: () => boolean } {
  const inner = memory()
  const gate = deferred()
  let appends = 0
  let closed = false
  const store = new Proxy(inner, {
    get(target, name) {
      if (name === 'append')
        return async (...given: Parameters<Store['append']>) => {
          appends++
          const appended = await target.append(...given)
          await gate.promise
          return appended
        }
      if (name === 'close')
        return async () => {
          closed = true
          await target.close()
        }
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  return { store, gate, appends: () => appends, closed: () => closed }
}

describe('a closed hub', () => {
  it('refuses every call with an error that says so, and leaves none without an answer', async () => {
    const hub = createHub()
    await hub.publish('a', 1)
    await hub.close({ graceMs: 0 })
    const calls = {
      publish: hub.publish('a', 2),
      publishBatch: hub.publishBatch('a', [{ data: 2 }]),
      'publish with a producer': hub.publish('a', 2, { producer: { id: 'p', epoch: 0, seq: 0 } }),
      'subscribe of a channel with messages': hub.subscribe('a', { from: 'start' }).next(),
      'subscribe of an empty channel': hub.subscribe('b').next(),
      'publish of a mounted channel': hub.channel('a').publish(2),
      'subscribe of a mounted channel': hub.channel('b').subscribe().next(),
    }
    for (const [name, call] of Object.entries(calls)) expect([name, await codeOf(call)]).toEqual([name, 'draining'])
    await hub.close()
  })

  it('ends the loops over its channels when they have got what was published before', async () => {
    const hub = createHub()
    const got: unknown[] = []
    const read = async () => {
      for await (const item of hub.subscribe('a')) got.push(item.kind === 'message' && item.data)
    }
    const reading = codeOf(read())
    await expect.poll(() => hub.stats().subscriptions).toBe(1)
    await hub.publish('a', 1)
    await hub.close({ graceMs: 0 })
    expect(await reading).toBe('draining')
    expect(got).toEqual([1])
    expect(hub.stats()).toMatchObject({ connections: 0, subscriptions: 0, channels: 0 })
  })
})

describe('hub.close', () => {
  it('waits for the publishes under way, and acknowledges them', async () => {
    const { store, gate, appends, closed } = slowly()
    const { hub, url, socketUrl } = await serveHub({ store })
    const socket = await session(socketUrl())
    socket.say({ type: 'publish', id: 1, channel: 'a', data: 1 })
    const posted = post(url('a'), 2)
    const own = hub.publish('a', 3)
    await expect.poll(appends).toBe(3)
    const left = hub.close({ graceMs: 10_000 })
    expect((await post(url('a'), 4)).code).toBe('draining')
    expect(closed()).toBe(false)
    gate.resolve()
    await left
    expect(await codeOf(own)).toBe('resolved')
    expect((await posted).status).toBe(204)
    expect(await socket.frame('published')).toMatchObject({ id: 1 })
    expect((await socket.closed).code).toBe(1012)
  })

  it('waits for them for graceMs at most, and then for nobody', async () => {
    const { store } = slowly()
    const { hub } = await serveHub({ store })
    const own = codeOf(hub.publish('a', 3))
    const at = performance.now()
    const sinceMs = ownTime()
    await hub.close({ graceMs: 100 })
    expect(performance.now() - at).toBeGreaterThan(95)
    expect(sinceMs()).toBeLessThan(5_000)
    expect(await own).toBe('draining')
  })

  it('does not wait longer than its clients need', async () => {
    const { hub, url, socketUrl } = await serveHub()
    const [events, socket] = [await stream(url('a')), await session(socketUrl())]
    const sinceMs = ownTime()
    await hub.close({ graceMs: 15_000 })
    expect(sinceMs()).toBeLessThan(5_000)
    await events.ended
    expect((await socket.closed).code).toBe(1012)
  })

  it('lets a slow client take what was written, until graceMs are over', async () => {
    const { hub, port, server } = await serveHub({ limits: { sliceBytes: 1_048_576 } })
    const sockets: Socket[] = []
    server.on('connection', (socket) => sockets.push(socket))
    const head = 'GET /channels/a HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n'
    const client = new RawClient(port, head)
    await client.until((one) => one.head !== '')
    client.socket.pause()
    for (let i = 0; i < 20; i++) await hub.publish('a', 'x'.repeat(1_000_000))
    await expect.poll(() => sockets[0]?.writableLength).toBeGreaterThan(0)
    const before = client.body.length
    const left = hub.close({ graceMs: 15_000 })
    let over = false
    void left.then(() => {
      over = true
    })
    await ask(`http://127.0.0.1:${port}/channels/b`)
    expect(over).toBe(false)
    client.socket.resume()
    await left
    expect(client.body.length).toBeGreaterThan(before)
  })
})

describe('a reading in this process', () => {
  it('ends at once when it is aborted while it opens', async () => {
    const hub = createHub()
    const stop = new AbortController()
    const next = hub.subscribe('a', { signal: stop.signal }).next()
    stop.abort()
    expect(await next).toEqual({ done: true, value: undefined })
    await expect.poll(() => hub.stats()).toMatchObject({ connections: 0, subscriptions: 0 })
    await hub.close({ graceMs: 0 })
  })

  it('ends at once when it is aborted while the store does not answer', async () => {
    const inner = memory()
    const never = () => new Promise<never>(() => undefined)
    const hub = createHub({ store: Object.assign(Object.create(inner) as Store, bound(inner), { follow: never }) })
    const stop = new AbortController()
    const next = hub.subscribe('a', { signal: stop.signal }).next()
    await new Promise(setImmediate)
    stop.abort()
    expect(await next).toEqual({ done: true, value: undefined })
    await hub.close({ graceMs: 0 })
  })

  it('is refused when the hub has begun to leave before it was opened', async () => {
    const { store, gate } = slowly()
    const follows = deferred()
    const follow = async (channel: string) => {
      await follows.promise
      return store.follow(channel)
    }
    const hub = createHub({ store: Object.assign(Object.create(store) as Store, bound(store), { follow }) })
    const next = hub.subscribe('a').next()
    const published = hub.publish('b', 1)
    const closed = hub.close({ graceMs: 60_000 })
    follows.resolve()
    expect(await codeOf(next)).toBe('draining')
    expect(hub.stats()).toMatchObject({ connections: 0, subscriptions: 0 })
    gate.resolve()
    await Promise.all([published, closed])
  })
})

/** The members of a store, as functions of their own. */
function bound(store: Store): Store {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(store)) as (keyof Store)[]
  const members = names.map((name) => {
    const member: unknown = store[name]
    return [name, typeof member === 'function' ? member.bind(store) : member]
  })
  return { capabilities: store.capabilities, ...Object.fromEntries(members) }
}
