/** From the first call to the last: what the client does when the server goes, when the application leaves, and when something is wrong. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as path } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { AnywireError, connect, type Item, type Transport } from '../../src/client/index.js'
import { serveHub } from '../support/hub-server.js'
import { dataOf, join } from './join.js'

describe('client', () => {
  it.each(['', 'ftp://example.com/x', 'http://[', '/channels'])('says of %j that it is no URL of a hub', (url) => {
    expect(() => connect(url)).toThrow(AnywireError)
    expect(() => connect(url)).toThrow('is no URL of a hub')
  })

  it('takes ws: and a slash at the end as the same place', async () => {
    const { hub, socketUrl } = await serveHub()
    const client = connect(`${socketUrl()}/`)
    onTestFinished(() => client.close())
    await hub.publish('n', 1)
    expect(await dataOf(client.subscribe('n', { from: 'start' }), 1)).toEqual([1])
  })

  it('says which transports there are', () => {
    expect(() => connect('http://127.0.0.1/channels', { transports: [] })).toThrow('some of websocket,stream,poll')
    expect(() => connect('http://127.0.0.1/channels', { transports: ['sses' as 'poll'] })).toThrow(AnywireError)
  })

  it('tells its state and what it measured', async () => {
    const { hub, client } = await join({ transports: ['websocket'] })
    const states: string[] = []
    client.state.subscribe((state) => states.push(state))
    const reading = client.subscribe('n')
    await reading.opened
    await hub.publish('n', 1)
    await dataOf(reading, 1)
    // A message that was appended while the link opened says nothing of delays.
    const measured = async () => {
      await hub.publish('n', 2)
      return client.stats.value.pushMs
    }
    await expect.poll(measured).toBeTypeOf('number')
    expect(client.stats.value.messages).toBeGreaterThan(0)
    const { transport, connectMs, transferMs, pushMs, roundTripMs, bytes, reconnects, gaps } = client.stats.value
    expect([transport, reconnects, gaps]).toEqual(['websocket', 0, 0])
    for (const ms of [connectMs, transferMs, pushMs, roundTripMs]) expect(ms).toBeGreaterThanOrEqual(0)
    expect(transferMs).toBe(roundTripMs! / 2)
    expect(bytes).toBeGreaterThan(100)
    await client.close()
    expect(states).toEqual(['connecting', 'open', 'closed'])
  })

  it('ends with its signal, and its subscriptions with theirs', async () => {
    const { url } = await serveHub()
    const stop = new AbortController()
    const client = connect(url(), { signal: stop.signal })
    const leave = new AbortController()
    const one = client.subscribe('a', { signal: leave.signal })
    const other = client.subscribe('b')
    await Promise.all([one.opened, other.opened])
    leave.abort()
    expect(await one.next()).toEqual({ done: true, value: undefined })
    stop.abort()
    expect(await other.next()).toEqual({ done: true, value: undefined })
    expect(() => client.subscribe('c')).toThrow('The client is closed.')
  })

  it('leaves the channel when the loop is left, by `await using`, or by close', async () => {
    const { hub, client } = await join()
    for (let n = 0; n < 3; n++) await hub.publish('n', n)
    for await (const item of client.subscribe('n', { from: 'start' })) if (item.kind === 'message') break
    {
      await using reading = client.subscribe('n', { from: 'start' })
      expect(await dataOf(reading, 3)).toEqual([0, 1, 2])
    }
    const third = client.subscribe('n')
    await third.opened
    await expect.poll(() => hub.stats().subscriptions).toBe(1)
    third.close()
    await third.closed
    await expect.poll(() => hub.stats().subscriptions).toBe(0)
  })

  it('calls back with each item, and tells when it is over and why', async () => {
    const { hub, client } = await join({}, { rules: { secret: { subscribe: false } } })
    const items: Item[] = []
    const reading = client.subscribe('n', { from: 'start' }, (item) => items.push(item))
    await hub.publish('n', 1)
    await expect.poll(() => items).toMatchObject([{ kind: 'message', data: 1 }])
    reading.close()
    await reading.closed
    await expect(client.subscribe('secret', {}, () => undefined).closed).rejects.toMatchObject({ code: 'forbidden' })
  })

  it.each([
    ['../x', 'bad-request'],
    ['a//b', 'bad-request'],
    ['', 'bad-request'],
  ])('says what is wrong with the channel %j, and goes on with the others', async (name, code) => {
    const { hub, client } = await join()
    await hub.publish('n', 1)
    const good = client.subscribe('n', { from: 'start' })
    await expect(client.subscribe(name).next()).rejects.toMatchObject({ code })
    await expect(client.subscribe('n', { from: 'yesterday' }).next()).rejects.toMatchObject({ code })
    await expect(client.publish(name, 1)).rejects.toMatchObject({ code })
    expect(await dataOf(good, 1)).toEqual([1])
  })

  it('ends a subscription whose messages do not fit its schema, and hands over what the schema makes of them', async () => {
    const { hub, client } = await join()
    const schema = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: unknown) =>
          typeof value === 'number' ? { value: value * 2 } : { issues: [{ message: 'not a number' }] },
      },
    }
    await hub.publish('n', 1)
    await hub.publish('n', 'two')
    const reading = client.subscribe('n', { from: 'start', schema })
    expect(await dataOf(reading, 1)).toEqual([2])
    await expect(reading.next()).rejects.toMatchObject({
      code: 'rejected',
      message: expect.stringContaining('not a number'),
    })
  })

  it('runs a module of the application on each message, tells of those on which it fails, and ends without it', async () => {
    const { hub, client } = await join()
    const folder = await mkdtemp(path(tmpdir(), 'anywire-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    await writeFile(
      path(folder, 'sum.mjs'),
      `export default () => { let sum = 0; return ({ data }) => {
        if (data === 'bad') throw new Error('no number')
        sum += data
        return data % 2 ? sum : undefined } }`,
    )
    const worker = pathToFileURL(path(folder, 'sum.mjs'))
    const reading = client.subscribe('n', { from: 'start', worker })
    for (let n = 1; n <= 5; n++) await hub.publish('n', n)
    expect(await dataOf(reading, 3)).toEqual([1, 6, 15])
    await hub.publish('n', 'bad')
    const error = { code: 'rejected', message: expect.stringContaining('no number') }
    expect(await reading.next()).toMatchObject({ value: { kind: 'problem', error } })
    const missing = client.subscribe('n', { worker: `${worker}.gone` })
    await expect(missing.next()).rejects.toThrow(/sum\.mjs\.gone/)
  })

  it('does not stop at a transform that makes nothing of thousands of messages', async () => {
    const { hub, client } = await join()
    const code = 'export default () => ({ data }) => data % 2000 === 0 ? data : undefined'
    const reading = client.subscribe('n', { from: 'start', worker: `data:text/javascript,${encodeURIComponent(code)}` })
    await reading.opened
    for (let n = 0; n < 60; n++)
      await hub.publishBatch(
        'n',
        Array.from({ length: 100 }, (_, i) => ({ data: n * 100 + i + 1 })),
      )
    expect(await dataOf(reading, 3)).toEqual([2000, 4000, 6000])
  })

  it.each<Transport>(['websocket', 'stream', 'poll'])('refuses alone what is too large, by %s', async (transport) => {
    const { client } = await join({ transports: [transport] }, { limits: { messageBytes: 1_000, bodyBytes: 10_000 } })
    const sent = ['x'.repeat(900), 'x'.repeat(1_500), 'x'.repeat(100_000), 'last'].map((data) =>
      client.publish('n', data),
    )
    const [fits, much, more, last] = await Promise.allSettled(sent)
    expect([fits?.status, last?.status]).toEqual(['fulfilled', 'fulfilled'])
    expect(much).toMatchObject({ status: 'rejected', reason: { code: 'too-large' } })
    expect(more).toMatchObject({ status: 'rejected', reason: { code: 'too-large' } })
  })

  it('comes back when a server that drains is replaced, and loses nothing', async () => {
    const { hub, server, client } = await join()
    const reading = client.subscribe('n')
    await reading.opened
    await hub.publish('n', 1)
    expect(await dataOf(reading, 1)).toEqual([1])
    const { createHub } = await import('../../src/index.js')
    const closing = hub.close({ graceMs: 500 })
    const next = createHub()
    onTestFinished(() => next.close({ graceMs: 1 }))
    await closing
    next.attach(server)
    await next.publish('n', 2)
    const items: Item[] = []
    for await (const item of reading) if (items.push(item) === 2) break
    expect(items).toMatchObject([
      { kind: 'gap', reason: 'reset' },
      { kind: 'message', data: 2 },
    ])
  })

  it('reads at the pace and in the way of the reader who wants most', async () => {
    const { hub, client } = await join()
    const slow = client.subscribe('n', { from: 'start', rate: 1 })
    const fast = client.subscribe('n', { from: 'start' })
    await Promise.all([slow.opened, fast.opened])
    for (let n = 0; n < 20; n++) {
      await hub.publish('n', n)
      expect(await dataOf(fast, 1)).toEqual([n])
    }
    expect(await dataOf(slow, 20)).toEqual(Array.from({ length: 20 }, (_, n) => n))
  })
})
