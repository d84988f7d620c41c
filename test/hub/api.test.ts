/** The hub as a program uses it: publish, subscribe, attach, disconnect, close. */
import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { AnywireError, createHub, type HubOptions, type Received } from '../../src/index.js'
import { ask, post } from '../support/clients/request.js'
import { connect, refusal } from '../support/clients/socket.js'
import { stream } from '../support/clients/sse.js'
import { listen, serveHub } from '../support/hub-server.js'

/** The first `count` of what a reader in this process gets. */
async function first(reading: AsyncIterable<Received>, count: number): Promise<Received[]> {
  const got: Received[] = []
  for await (const one of reading) if (got.push(one) === count) break
  return got
}

const dataOf = (got: readonly Received[]) => got.map((one) => (one.kind === 'message' ? one.data : one.reason))

describe('createHub', () => {
  it('works without options', async () => {
    const hub = createHub()
    const { offset, duplicate } = await hub.publish('news', { title: 'Hello' })
    expect([offset, duplicate]).toEqual([expect.stringMatching(/^\d{16}_0{15}1$/), false])
    await hub.close()
  })

  it.each([
    { path: 'channels' },
    { path: '/channels/' },
    { path: '/' },
    { limits: { pollMs: -1 } },
    { rules: { 'a//b': {} } },
    { rules: { n: { key: 'symbol' } } },
    { origins: ['app.example'] },
  ] as HubOptions[])('refuses options that cannot be: %j', (options) => {
    expect(() => createHub(options)).toThrow(AnywireError)
    expect(() => createHub(options)).toThrow(/"/)
  })
})

describe('hub.publish', () => {
  it('publishes an object as it is at that moment', async () => {
    const { hub, url } = await serveHub()
    const score = { goals: 1 }
    const published = hub.publish('n', score)
    score.goals = 2
    await published
    expect((await ask(url('n'))).text).toBe('[{"goals":1}]')
  })

  it('takes JSON, text or bytes, as the channel has it', async () => {
    const { hub, url } = await serveHub({
      rules: { t: { contentType: 'text/plain' }, b: { contentType: 'image/png' } },
    })
    await hub.publish('j', [1, null, 'a'])
    await hub.publish('t', 'text')
    await hub.publish('b', Uint8Array.of(0, 255))
    expect((await ask(url('j'))).text).toBe('[[1,null,"a"]]')
    expect((await ask(url('t'))).text).toBe('text')
    expect([...(await ask(url('b'))).bytes]).toEqual([0, 255])
  })

  it('rejects with a code and a sentence', async () => {
    const { hub } = await serveHub({ rules: { b: { contentType: 'image/png' }, t: { contentType: 'text/plain' } } })
    await hub.publish('over', 1, { close: true })
    const rejected = async (channel: string, data: unknown, options = {}) =>
      hub.publish(channel, data, options).catch((error: AnywireError) => [error.code, error instanceof AnywireError])
    expect(await rejected('a//b', 1)).toEqual(['bad-request', true])
    expect(await rejected('b', { not: 'bytes' })).toEqual(['bad-request', true])
    expect(await rejected('t', 7)).toEqual(['bad-request', true])
    expect(await rejected('n', undefined)).toEqual(['bad-request', true])
    expect(await rejected('n', () => 1)).toEqual(['bad-request', true])
    expect(await rejected('over', 1)).toEqual(['closed', true])
    expect(await rejected('n', 1, { producer: { id: 'p', epoch: 0, seq: 3 } })).toEqual(['sequence-gap', true])
  })

  it('promise 4: stores once what a producer publishes again', async () => {
    const { hub, url } = await serveHub()
    const producer = { id: 'p', epoch: 0, seq: 0 }
    const stored = await hub.publish('n', 1, { producer })
    expect(await hub.publish('n', 1, { producer })).toEqual({ ...stored, duplicate: true })
    expect((await ask(url('n'))).json()).toEqual([1])
  })

  it("asks none of the rules that are for clients: the server may write Anywire's own names", async () => {
    const receive = () => {
      throw new Error('not for the server')
    }
    const { hub, url } = await serveHub({ rules: { n: { publish: false, receive }, $own: { subscribe: true } } })
    await hub.publish('n', 1)
    await hub.publish('$own', 2)
    expect([(await ask(url('n'))).text, (await ask(url('$own'))).text]).toEqual(['[1]', '[2]'])
  })

  it('copies what it is given: a Buffer may be used again at once', async () => {
    const { hub, url } = await serveHub({ rules: { b: { contentType: 'image/png' } } })
    const whole = Buffer.alloc(100_000, 1)
    const publishing = hub.publish('b', whole.subarray(0, 3))
    whole.fill(9)
    await publishing
    whole.fill(9)
    expect([...(await ask(url('b'))).bytes]).toEqual([1, 1, 1])
  })
})

describe('hub.publishBatch', () => {
  it('stores all in one step, with one time', async () => {
    const { hub } = await serveHub()
    await hub.publishBatch('n', [
      { data: 1, event: 'e' },
      { data: 2, key: 'k' },
    ])
    const got = await first(hub.subscribe('n', { from: 'start' }), 2)
    expect(got).toMatchObject([
      { data: 1, event: 'e' },
      { data: 2, key: 'k' },
    ])
    expect(new Set(got.map((one) => (one.kind === 'message' ? one.offset.slice(0, 16) : ''))).size).toBe(1)
  })

  it('promise 4: stores none if one cannot be stored', async () => {
    const { hub, url } = await serveHub()
    await expect(hub.publishBatch('n', [{ data: 1 }, { data: undefined }])).rejects.toThrow(/key/)
    expect((await ask(url('n'))).json()).toEqual([])
  })

  it('closes, with messages or without, and takes nothing empty else', async () => {
    const { hub, url } = await serveHub()
    await hub.publishBatch('n', [{ data: 1 }], { close: true })
    await hub.publishBatch('m', [], { close: true })
    for (const name of ['n', 'm'])
      expect((await ask(url(name), { method: 'HEAD' })).headers['stream-closed']).toBe('true')
    await expect(hub.publishBatch('o', [])).rejects.toMatchObject({ code: 'bad-request' })
  })
})

describe('hub.subscribe', () => {
  it('reads from now, the start, an offset, the last N or a snapshot', async () => {
    const { hub } = await serveHub({ rules: { n: { keys: true } } })
    const { offset } = await hub.publish('n', 'a1', { key: 'a' })
    await hub.publish('n', 'b1', { key: 'b' })
    await hub.publish('n', 'a2', { key: 'a' })
    const from = async (place: string, count: number) => dataOf(await first(hub.subscribe('n', { from: place }), count))
    expect(await from('start', 3)).toEqual(['a1', 'b1', 'a2'])
    expect(await from(offset, 2)).toEqual(['b1', 'a2'])
    expect(await from('last-1', 1)).toEqual(['a2'])
    expect(await from('snapshot', 2)).toEqual(['b1', 'a2'])
    const now = from('now', 1)
    await expect.poll(() => hub.stats().subscriptions).toBe(1)
    await hub.publish('n', 'new')
    expect(await now).toEqual(['new'])
  })

  it('gives text as strings, bytes as bytes, a tombstone as no data', async () => {
    const { hub } = await serveHub({
      rules: { t: { contentType: 'text/plain' }, b: { contentType: 'image/png', keys: true } },
    })
    await hub.publish('t', 'a€')
    await hub.publish('b', Uint8Array.of(7))
    await hub.publishBatch('b', [{ key: 'k' }])
    expect(dataOf(await first(hub.subscribe('t', { from: 'start' }), 1))).toEqual(['a€'])
    const [bytes, removed] = dataOf(await first(hub.subscribe('b', { from: 'start' }), 2))
    expect([bytes instanceof Uint8Array, [...(bytes as Uint8Array)], removed]).toEqual([true, [7], undefined])
  })

  it('ends its reading when the loop is left, the signal says so, or the channel is over', async () => {
    const { hub } = await serveHub()
    await hub.publish('n', 1)
    await first(hub.subscribe('n', { from: 'start' }), 1)
    expect(hub.stats().subscriptions).toBe(0)
    const abort = new AbortController()
    const aborted = first(hub.subscribe('n', { signal: abort.signal }), 1)
    await expect.poll(() => hub.stats().subscriptions).toBe(1)
    abort.abort()
    expect(await aborted).toEqual([])
    expect(await first(hub.subscribe('n', { signal: abort.signal }), 1)).toEqual([])
    await hub.publish('n', 2, { close: true })
    expect(dataOf(await first(hub.subscribe('n', { from: 'start' }), 9))).toEqual([1, 2])
    expect(hub.stats()).toMatchObject({ subscriptions: 0, connections: 0 })
  })

  it('promise 3: yields gaps, and goes on', async () => {
    const { hub, url } = await serveHub({ rules: { n: { retain: { messages: 1 } } } })
    const { offset: from } = await hub.publish('n', 1)
    const { offset: to } = await hub.publish('n', 2)
    await hub.publish('n', 3)
    const got = await first(hub.subscribe('n', { from }), 2)
    expect(got).toMatchObject([
      { kind: 'gap', reason: 'trimmed', from, to, missed: 1 },
      { kind: 'message', data: 3 },
    ])
    const reading = first(hub.subscribe('n'), 2)
    await expect.poll(() => hub.stats().subscriptions).toBe(1)
    await ask(url('n'), { method: 'DELETE' })
    await hub.publish('n', 4)
    expect(dataOf(await reading)).toEqual(['reset', 4])
  })

  it('promise 1: gives everything in order to a reader that is slower than its channel', async () => {
    const { hub } = await serveHub({ limits: { windowMessages: 16 } })
    const reading = hub.subscribe('n')
    const got: unknown[] = []
    const done = (async () => {
      for await (const one of reading) {
        if (got.push(one.kind === 'message' && one.data) === 1_000) return
        if (got.length % 50 === 0) await new Promise(setImmediate)
      }
    })()
    await expect.poll(() => hub.stats().subscriptions).toBe(1)
    for (let n = 0; n < 1_000; n++) await hub.publish('n', n)
    await done
    expect(got).toEqual(Array.from({ length: 1_000 }, (_, n) => n))
  })

  it('rejects for a place or a name that is none', async () => {
    const { hub } = await serveHub()
    await expect(first(hub.subscribe('n', { from: 'soon' }), 1)).rejects.toMatchObject({ code: 'bad-request' })
    expect(() => hub.subscribe('a//b')).toThrow(AnywireError)
  })
})

describe('hub.channel', () => {
  it('publishes to and reads one channel', async () => {
    const { hub } = await serveHub()
    const room = hub.channel('room/7')
    await room.publish('hi')
    expect(dataOf(await first(room.subscribe({ from: 'start' }), 1))).toEqual(['hi'])
    expect(() => hub.channel('a//b')).toThrow(AnywireError)
  })
})

describe('hub.attach', () => {
  it('serves its path, and leaves every other request, listener and setting alone', async () => {
    const hub = createHub()
    const heard: string[] = []
    const server = createServer((request, response) => {
      heard.push(request.url!)
      response.end('own')
    })
    server.keepAliveTimeout = 1_234
    const before = { ...server }
    hub.attach(server)
    const origin = await listen(server)
    await post(`${origin}/channels/n`, 1)
    expect((await ask(`${origin}/channels/n`)).json()).toEqual([1])
    for (const path of ['/', '/channelsx', '/other/channels/n', '/Channels/n'])
      expect((await ask(origin + path)).text).toBe('own')
    expect(heard).toEqual(['/', '/channelsx', '/other/channels/n', '/Channels/n'])
    for (const setting of [
      'keepAliveTimeout',
      'requestTimeout',
      'headersTimeout',
      'timeout',
      'maxRequestsPerSocket',
    ] as const)
      expect(server[setting]).toBe(before[setting])
    await hub.close()
  })

  it('leaves upgrades elsewhere to others, and answers them plainly if there are none', async () => {
    const hub = createHub()
    const server = createServer((_, response) => response.end('own'))
    hub.attach(server)
    const origin = await listen(server)
    const headers = { Connection: 'Upgrade', Upgrade: 'websocket' }
    expect((await ask(`${origin}/other`, { headers })).text).toBe('own')
    const heard: string[] = []
    server.on('upgrade', (request, socket) => {
      if (request.url !== '/other') return
      heard.push(request.url)
      socket.end('HTTP/1.1 418 Mine\r\nContent-Length: 0\r\n\r\n')
    })
    expect((await ask(`${origin}/other`, { headers })).status).toBe(418)
    const socket = await connect(`${origin.replace('http', 'ws')}/channels/n`)
    await hub.publish('n', 1)
    expect([await socket.next(), heard]).toEqual(['1', ['/other']])
    await hub.close()
  })

  it('is undone by what it answers', async () => {
    const hub = createHub()
    const server = createServer((_, response) => response.end('own'))
    const undo = hub.attach(server)
    const origin = await listen(server)
    expect((await ask(`${origin}/channels/n`)).json()).toEqual([])
    undo()
    expect((await ask(`${origin}/channels/n`)).text).toBe('own')
    expect(server.listenerCount('upgrade')).toBe(0)
    await hub.close()
  })

  it('serves another path, and several hubs on one server', async () => {
    const server = createServer((_, response) => response.end('own'))
    const [one, two] = [createHub(), createHub({ path: '/two' })]
    one.attach(server, { path: '/one' })
    two.attach(server)
    const origin = await listen(server)
    await post(`${origin}/one/n`, 1)
    await post(`${origin}/two/n`, 2)
    expect([(await ask(`${origin}/one/n`)).text, (await ask(`${origin}/two/n`)).text]).toEqual(['[1]', '[2]'])
    expect((await ask(`${origin}/channels/n`)).text).toBe('own')
    await Promise.all([one.close(), two.close()])
  })

  it('answers Expect: 100-continue', async () => {
    const { url } = await serveHub()
    const posted = await ask(url('n'), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Expect: '100-continue' },
      body: '1',
    })
    expect(posted.status).toBe(204)
  })
})

describe('hub.disconnect', () => {
  it('answers how many connections it ended, of all that fit', async () => {
    const { hub, url, socketUrl } = await serveHub({ authenticate: (one) => one && { id: one.token } })
    const headers = { Authorization: 'Bearer ann' }
    await stream(url('a'), { headers })
    await connect(socketUrl('b'), { headers })
    expect(await hub.disconnect({ principal: 'bob' })).toBe(0)
    expect(await hub.disconnect({ principal: 'ann', channel: 'c' })).toBe(0)
    expect(await hub.disconnect({ principal: 'ann', channel: 'b' })).toBe(1)
    expect(await hub.disconnect({ principal: 'ann', channel: 'a' })).toBe(1)
    await expect.poll(() => hub.stats().connections).toBe(0)
  })
})

describe('hub.stats', () => {
  it('counts connections, subscriptions and channels, and comes back to nothing', async () => {
    const { hub, url, socketUrl } = await serveHub()
    const nothing = { connections: 0, subscriptions: 0, channels: 0, windowBytes: 0, reads: 0 }
    expect(hub.stats()).toMatchObject(nothing)
    const readers = [await stream(url('a')), await stream(url('?channel=a&channel=b')), await connect(socketUrl('a'))]
    for (let i = 0; i < 2; i++) await hub.publish('a', 'x'.repeat(1_000))
    expect(hub.stats()).toMatchObject({
      connections: 3,
      subscriptions: 4,
      channels: 2,
      windowBytes: expect.any(Number),
    })
    expect(hub.stats().windowBytes).toBeGreaterThan(1_000)
    for (const reader of readers) reader.close()
    await expect.poll(() => hub.stats()).toMatchObject(nothing)
  })
})

describe('hub.close', () => {
  it('ends every connection and reading, and refuses what comes then', async () => {
    const { hub, url, socketUrl } = await serveHub()
    const socket = await connect(socketUrl('n'))
    const reading = first(hub.subscribe('n'), 1).catch((error: AnywireError) => error.code)
    await expect.poll(() => hub.stats().subscriptions).toBe(2)
    await hub.close({ graceMs: 10 })
    expect((await socket.closed).code).toBe(1012)
    expect(await reading).toBe('draining')
    expect((await ask(url('n'))).status).toBe(503)
    expect((await post(url('n'), 1)).status).toBe(503)
    expect((await refusal(socketUrl('n'))).status).toBe(503)
    await hub.close()
  })

  it('spreads the return of its clients over graceMs', async () => {
    const { hub, url } = await serveHub()
    const readers = await Promise.all(Array.from({ length: 20 }, () => stream(url('n'))))
    await hub.close({ graceMs: 10_000 })
    await Promise.all(readers.map(({ ended }) => ended))
    const told = readers.map(({ retryMs }) => retryMs!)
    expect(Math.max(...told)).toBeLessThanOrEqual(10_000)
    expect(new Set(told).size).toBeGreaterThan(10)
  })
})
