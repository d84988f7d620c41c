/** What a meter is told: of connections, readings, deliveries, gaps, publishes and calls of the store, each once. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { createHub, type Hub, type HubOptions, memory, noMeter, type Tally } from '../../src/index.js'

/** Counts what it is told, by the words it is told in; and hands out tallies. */
function counting() {
  const counts: Record<string, number> = {}
  const tallies: Record<string, Tally> = {}
  const count = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1
  }
  const meter = {
    ...noMeter,
    tally(transport: string, rule: string | undefined) {
      const name = `${transport} ${rule}`
      tallies[name] ??= { slices: 0, messages: 0, bytes: 0 }
      return tallies[name]
    },
    opened: (transport: string) => count(`opened ${transport}`),
    closed: (transport: string, code: unknown) => count(`closed ${transport} ${code}`),
    joined: (transport: string, rule: unknown) => count(`joined ${transport} ${rule}`),
    left: (transport: string, rule: unknown) => count(`left ${transport} ${rule}`),
    resumed: (transport: string, result: string) => count(`resumed ${transport} ${result}`),
    gap: (transport: string, reason: string) => count(`gap ${transport} ${reason}`),
    delayed: (transport: string, ms: number) => count(`delayed ${transport} ${ms >= 0 && ms < 10_000}`),
    published: (rule: unknown, outcome: string, ms: number) => count(`published ${rule} ${outcome} ${ms >= 0}`),
    asked: (call: string, answered: boolean, ms: number) => count(`asked ${call} ${answered} ${ms >= 0}`),
  }
  return { counts, tallies, meter }
}

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function serve(options: HubOptions): Promise<{ hub: Hub; url: string }> {
  const hub = createHub(options)
  const server = createServer()
  hub.attach(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(
    () => server.close(),
    () => hub.close({ graceMs: 0 }),
  )
  return { hub, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/channels` }
}

const rules = { 'c/:n': { retain: { messages: 2 } } }

describe('a meter', () => {
  it('is told of connections and readings, each with its transport and rule, as they come and go', async () => {
    const { meter, counts } = counting()
    const { hub, url } = await serve({ meter, rules })
    await hub.publish('c/1', 1)
    const abort = new AbortController()
    const events = { accept: 'text/event-stream' }
    const stream = await fetch(`${url}/c/1`, { headers: events, signal: abort.signal })
    const durable = await fetch(`${url}/c/1?live=sse&offset=-1`, { signal: abort.signal })
    const plain = new WebSocket(`${url}/c/1`.replace('http', 'ws'))
    const v1 = new WebSocket(`${url}/c/1?offset=now`.replace('http', 'ws'), 'anywire.v1')
    await Promise.all([once(plain, 'open'), once(v1, 'open'), stream.body!.getReader().read()])
    await durable.body!.getReader().read()
    const reading = hub.subscribe('c/1', { from: '-1' })
    await reading.next()
    await expect.poll(() => hub.stats().subscriptions).toBe(5)
    const transports = ['event-stream', 'durable-sse', 'websocket', 'anywire-socket', 'local']
    for (const transport of transports) {
      expect(counts).toMatchObject({ [`opened ${transport}`]: 1, [`joined ${transport} c/:n`]: 1 })
    }
    await reading.return()
    abort.abort()
    for (const socket of [plain, v1]) socket.close()
    await expect.poll(() => hub.stats().connections).toBe(0)
    for (const transport of transports) {
      expect(counts).toMatchObject({ [`closed ${transport} undefined`]: 1, [`left ${transport} c/:n`]: 1 })
    }
  })

  it('counts slices, messages and bytes where they are handed out', async () => {
    const { meter, counts, tallies } = counting()
    const { hub } = await serve({ meter, rules })
    const readers = [hub.subscribe('c/1'), hub.subscribe('c/1'), hub.subscribe('other')]
    const first = readers.map((reader) => reader.next())
    await expect.poll(() => hub.stats().subscriptions).toBe(3)
    await hub.publishBatch('c/1', [{ data: 'one' }, { data: 'two' }])
    await hub.publish('other', 1)
    await Promise.all(first)
    expect(tallies['local c/:n']).toMatchObject({ slices: 2, messages: 4 })
    expect(tallies['local undefined']).toMatchObject({ slices: 1, messages: 1 })
    for (let n = 0; n < 64; n++) {
      const next = readers[2]!.next()
      await hub.publish('other', n)
      await next
    }
    await expect.poll(() => counts['delayed local true']).toBe(1)
    for (const reader of readers) await reader.return()
  })

  it('is told of resumes and gaps, also of those that end a request', async () => {
    const { meter, counts } = counting()
    const { hub, url } = await serve({ meter, rules })
    const { offset } = await hub.publish('c/1', 1)
    for (const from of [offset!, offset!]) {
      const reading = hub.subscribe('c/1', { from })
      const next = reading.next()
      await hub.publish('c/1', 2)
      await next
      await reading.return()
    }
    await hub.publish('c/1', 3)
    const late = hub.subscribe('c/1', { from: offset })
    expect((await late.next()).value).toMatchObject({ kind: 'gap', reason: 'trimmed' })
    await late.return()
    expect((await fetch(`${url}/c/1?offset=${offset}`)).status).toBe(410)
    expect(counts).toMatchObject({
      'resumed local whole': 2,
      'resumed local gap': 1,
      'gap local trimmed': 1,
      'gap request trimmed': 1,
    })
  })

  it('is told what became of publishes and of calls of the store', async () => {
    const { meter, counts } = counting()
    const store = memory()
    const { hub, url } = await serve({ meter, rules, store, onError: () => undefined })
    await hub.publish('c/1', 1)
    const bad = await fetch(`${url}/c/1`, {
      method: 'POST',
      body: 'no JSON',
      headers: { 'content-type': 'application/json' },
    })
    expect(bad.status).toBe(400)
    store.append = () => Promise.reject(new Error('away'))
    await expect(hub.publish('c/1', 2)).rejects.toMatchObject({ code: 'unknown-outcome' })
    expect(counts).toMatchObject({
      'published c/:n appended true': 1,
      'published c/:n refused true': 1,
      'published c/:n unknown true': 1,
      'asked append true true': 1,
      'asked append false true': 1,
    })
  })

  it('that throws disturbs nobody, and its failures are told', async () => {
    const told: unknown[] = []
    const boom = () => {
      throw new Error('boom')
    }
    const meter = Object.fromEntries(Object.keys(noMeter).map((name) => [name, boom])) as never
    const { hub } = await serve({ meter, rules, onError: ({ cause }) => told.push((cause as Error).message) })
    const reading = hub.subscribe('c/1')
    const next = reading.next()
    await expect.poll(() => hub.stats().subscriptions).toBe(1)
    await hub.publish('c/1', 1)
    expect((await next).value).toMatchObject({ data: 1 })
    await reading.return()
    expect(new Set(told)).toEqual(new Set(['boom']))
  })
})
