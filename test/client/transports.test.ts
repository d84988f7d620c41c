/** The client over each transport, against a real hub. */
import { describe, expect, it } from 'vitest'
import { connect, type Item, type Transport } from '../../src/client/index.js'
import { dataOf, join } from './join.js'

describe('names of transports', () => {
  it('are taken as URLs and the command line spell them, and a wrong one is named', async () => {
    for (const [name, transport] of [
      ['sse', 'stream'],
      ['long-poll', 'poll'],
    ] as const) {
      const { hub, client } = await join({ transports: [name] })
      await hub.publish('n', 1)
      expect(await dataOf(client.subscribe('n', { from: 'start' }), 1)).toEqual([1])
      await expect.poll(() => client.stats.value.transport).toBe(transport)
    }
    const wrong = ['websocket', 'websockets'] as Transport[]
    expect(() => connect('http://127.0.0.1:9/channels', { transports: wrong })).toThrow('not "websockets"')
    expect(() => connect('http://127.0.0.1:9/channels', { transports: [] })).toThrow('"transports" are some of')
  })
})

describe.each<Transport>(['websocket', 'stream', 'poll'])('the client by %s', (transport) => {
  it('reads what was, and what comes, in order and once', async () => {
    const { hub, client } = await join({ transports: [transport] })
    await hub.publishBatch('n', [{ data: 1 }, { data: 2 }])
    const reading = client.subscribe('n', { from: 'start' })
    expect(await dataOf(reading, 2)).toEqual([1, 2])
    await hub.publish('n', 3)
    expect(await dataOf(reading, 1)).toEqual([3])
    expect(client.stats.value.transport ?? transport).toBe(transport)
  })

  it('reads from now on, by default', async () => {
    const { hub, client } = await join({ transports: [transport] })
    await hub.publish('n', 1)
    const reading = client.subscribe('n')
    await reading.opened
    await hub.publish('n', 2)
    expect(await dataOf(reading, 1)).toEqual([2])
  })

  it('publishes, and tells where it was stored', async () => {
    const { client } = await join({ transports: [transport] })
    const { offset } = await client.publish('n', { a: 1 }, { key: 'k' })
    const { value } = await client.subscribe('n', { from: 'start' }).next()
    expect(value).toEqual({ kind: 'message', offset, data: { a: 1 }, key: 'k' })
  })

  it('reads many channels, more on the way, and leaves some', async () => {
    const { hub, client } = await join({ transports: [transport] })
    const a = client.subscribe('a', { from: 'start' })
    const b = client.subscribe('b', { from: 'start' })
    await hub.publish('a', 1)
    expect(await dataOf(a, 1)).toEqual([1])
    const c = client.subscribe('c', { from: 'start' })
    a.close()
    await hub.publish('b', 2)
    await hub.publish('c', 3)
    expect(await dataOf(b, 1)).toEqual([2])
    expect(await dataOf(c, 1)).toEqual([3])
  })

  it('hears a channel that it leaves and reads again at once', async () => {
    const { hub, client } = await join({ transports: [transport] })
    const { offset } = await hub.publish('n', 1)
    await hub.publish('n', 2)
    await client.subscribe('other').opened
    for (let n = 0; n < 5; n++) {
      client.subscribe('n', { from: 'start' }).close()
      await Promise.resolve()
      const left = client.subscribe('n', { from: 'start' })
      await new Promise((resolve) => setImmediate(resolve))
      left.close()
    }
    expect(await dataOf(client.subscribe('n', { from: offset }), 1)).toEqual([2])
  })

  it('reads bytes, text and tombstones', async () => {
    const rules = { b: { contentType: 'application/octet-stream' }, t: { contentType: 'text/plain' } }
    const { hub, client } = await join({ transports: [transport] }, { rules })
    await client.publish('b', new Uint8Array([0, 255]))
    await hub.publish('t', 'Grüße')
    await client.publish('n', undefined, { key: 'k' })
    expect(await dataOf(client.subscribe('b', { from: 'start' }), 1)).toEqual([new Uint8Array([0, 255])])
    expect(await dataOf(client.subscribe('t', { from: 'start' }), 1)).toEqual(['Grüße'])
    expect(await dataOf(client.subscribe('n', { from: 'start' }), 1)).toEqual([undefined])
  })

  it('ends with the channel, and says why one may not be read', async () => {
    const { client, hub, url } = await join({ transports: [transport] }, { rules: { secret: { subscribe: false } } })
    await hub.publish('n', 1)
    const reading = client.subscribe('n', { from: 'start' })
    expect(await dataOf(reading, 1)).toEqual([1])
    await fetch(url('n'), { method: 'POST', headers: { 'stream-closed': 'true' } })
    expect(await reading.next()).toEqual({ done: true, value: undefined })
    await expect(client.subscribe('secret').next()).rejects.toMatchObject({ code: 'forbidden' })
  })

  it('announces what is missing', async () => {
    const { client, hub } = await join({ transports: [transport] }, { rules: { n: { retain: { messages: 2 } } } })
    const { offset } = await hub.publish('n', 0)
    for (let n = 1; n <= 5; n++) await hub.publish('n', n)
    const items: Item[] = []
    for await (const item of client.subscribe('n', { from: offset })) if (items.push(item) === 3) break
    expect(items).toMatchObject([{ kind: 'gap', reason: 'trimmed', from: offset }, { data: 4 }, { data: 5 }])
  })
})
