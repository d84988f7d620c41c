/** What a client of HTTP/2 may do to harm others, and what becomes of it. */
import { once } from 'node:events'
import { connect, createServer } from 'node:http2'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHub, type HubOptions, http2Options, memory } from '../../src/index.js'
import { ask } from '../support/clients/request.js'
import { stream } from '../support/clients/sse.js'
import { type HubServer, listen, serveHub } from '../support/hub-server.js'
import { speak } from '../support/transport.js'
import { block, flags, frame, get, RawSession, types, webSocket } from './raw-session.js'

speak('h2c')

const sse = { accept: 'text/event-stream' }
const calm = 11 // ENHANCE_YOUR_CALM
const cancelled = 8
const codeOf = (payload: Buffer | undefined) => payload?.readUInt32BE(payload.length - 4)

/** A hub with a reader who must not notice. */
async function attacked(options: HubOptions = {}) {
  const server = await serveHub(options)
  const reader = await stream(server.url('n'))
  await reader.until((text) => text.includes('\n\n'))
  const served = async () => {
    await server.hub.publish('n', 1)
    await reader.next('message')
  }
  return { ...server, served }
}

function attacker({ port }: Pick<HubServer, 'port'>, ...settings: number[]): RawSession {
  const session = new RawSession(port)
  session.settings(...settings)
  return session
}

const windowSize = 4
const turn = () => new Promise(setImmediate)

describe('an attack over HTTP/2 harms nobody:', () => {
  it('10,000 streams opened and reset', async () => {
    const server = await attacked({ limits: { sessionIdleMs: 1_000 } })
    const session = attacker(server)
    for (let i = 0; i < 10_000; i++) {
      session.request(2 * i + 1, get('/channels/n', sse))
      session.send(types.reset, flags.none, 2 * i + 1, Buffer.of(0, 0, 0, cancelled))
      if (i % 500 === 0) await server.served()
    }
    // Node's own limit: a burst of 1,000, then 33 a second (CVE-2023-44487).
    expect((await session.until(({ type }) => type === types.goaway))?.payload.readUInt32BE(0)).toBeLessThan(5_000)
    await expect.poll(() => server.hub.stats().connections).toBe(1)
    // Node reads no more of the session, and tells nobody: its socket goes as that of an idle one does.
    await session.ended
    await server.served()
  })

  it.each([
    ['event streams', get('/channels/n', sse), true],
    ['WebSockets', webSocket('/channels/n'), false],
    ['polls', get('/channels/n?live=poll'), true],
  ])('%s reset with NO_ERROR, while something is on its way to them', async (_name, headers, ends) => {
    const server = await attacked()
    const session = attacker(server)
    for (let i = 0; i < 100; i++) session.request(2 * i + 1, headers, ends)
    await expect.poll(() => server.hub.stats().connections).toBe(101)
    void server.hub.publish('n', 1)
    for (let i = 0; i < 100; i++) session.send(types.reset, flags.none, 2 * i + 1, Buffer.alloc(4))
    await expect.poll(() => server.hub.stats().connections).toBe(1)
    await server.served()
  })

  it.each([0, cancelled])(
    'a body that is broken off by a reset with code %i: nothing of it is published',
    async (code) => {
      const { hub, port, url } = await serveHub({ rules: { t: { contentType: 'text/plain' } } })
      const session = attacker({ port })
      session.request(1, { ...get('/channels/t'), ':method': 'POST' }, false)
      session.send(types.data, flags.none, 1, Buffer.from('half of'))
      session.send(types.reset, flags.none, 1, Buffer.of(0, 0, 0, code))
      session.request(3, get('/channels/t'))
      await session.until(({ stream }) => stream === 3)
      expect((await ask(url('t'))).text).toBe('')
      expect(hub.stats().publishers).toBe(0)
    },
  )

  it.each([
    ['SETTINGS', frame(types.settings, flags.none, 0)],
    ['PING', frame(types.ping, flags.none, 0, Buffer.alloc(8))],
  ])('a flood of %s', async (_name, one) => {
    const server = await attacked()
    const session = attacker(server)
    session.socket.pause()
    const thousand = Buffer.concat(Array.from({ length: 1_000 }, () => one))
    for (let i = 0; i < 300 && !session.socket.destroyed; i++) {
      session.socket.write(thousand)
      if (i % 20 === 0) await server.served()
    }
    session.socket.resume()
    await session.ended
    await server.served()
  })

  it('headers without end', async () => {
    const server = await attacked()
    const session = attacker(server)
    session.send(types.headers, flags.endStream, 1, block(get('/channels/n')))
    const more = Buffer.concat(
      Array.from({ length: 100 }, () => frame(types.continuation, flags.none, 1, block({ a: 'b'.repeat(100) }))),
    )
    for (let i = 0; i < 1_000 && !session.socket.destroyed; i++) {
      session.socket.write(more)
      await turn()
    }
    await session.ended
    await server.served()
  })

  it.each([
    ['many', 200, 10],
    ['large', 10, 10_000],
  ])('headers that are too %s', async (_name, count, size) => {
    const server = await attacked()
    const session = attacker(server)
    const headers = Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, 'y'.repeat(size)]))
    const bytes = block(get('/channels/n', headers))
    for (let at = 0; at < bytes.length; at += 16_000) {
      const last = at + 16_000 >= bytes.length ? flags.endHeaders : flags.none
      const [type, flag] = at === 0 ? [types.headers, flags.endStream | last] : [types.continuation, last]
      session.send(type, flag, 1, bytes.subarray(at, at + 16_000))
    }
    const answer = await session.until(({ stream }) => stream === 1)
    // Refused by Node before it is a request, or by us (431 in HPACK's literal).
    if (answer?.type === types.reset) expect(codeOf(answer.payload)).toBe(calm)
    else expect(answer?.type).toBe(types.headers)
    await server.served()
  })

  it('more streams than are allowed, the setting never acknowledged', async () => {
    const server = await attacked()
    const session = attacker(server)
    for (let i = 0; i < 1_050; i++) session.request(2 * i + 1, get('/channels/n', sse))
    await session.until(({ type }) => type === types.reset)
    expect(server.hub.stats().connections).toBeLessThanOrEqual(1_001)
    await server.served()
  })

  it('a stream whose window stays shut: it is reset after stallMs, and others of its session go on', async () => {
    const server = await attacked({ limits: { stallMs: 400 } })
    const session = attacker(server, windowSize, 0)
    session.request(1, get('/channels/full', sse))
    await session.until(({ stream, type }) => stream === 1 && type === types.headers)
    await server.hub.publish('full', 'x'.repeat(100_000))
    await server.served()
    expect(codeOf((await session.until(({ type }) => type === types.reset))?.payload)).toBe(cancelled)
    await expect.poll(() => server.hub.stats().connections).toBe(1)
    session.request(3, get('/channels/n'))
    expect(await session.until(({ stream, type }) => stream === 3 && type === types.headers)).toBeDefined()
  })

  it('a page that nobody takes', async () => {
    const server = await attacked({ limits: { stallMs: 400 } })
    await server.hub.publish('full', 'x'.repeat(200_000))
    const session = attacker(server, windowSize, 1_000)
    session.request(1, get('/channels/full'))
    expect(codeOf((await session.until(({ type }) => type === types.reset))?.payload)).toBe(cancelled)
  })

  it('half a head, and then silence: the session ends as an idle one does', async () => {
    const server = await attacked({ limits: { sessionIdleMs: 300 } })
    const session = attacker(server)
    await session.until(({ type }) => type === types.settings)
    session.send(types.headers, flags.none, 1, block(get('/channels/n')).subarray(0, 5))
    await session.ended
  })

  it('600 pages that nobody takes: those for which there is no room are not made', async () => {
    const server = await attacked({ limits: { stallMs: 2_000, answerBytesPerSession: 1_048_576 } })
    await server.hub.publish('full', 'x'.repeat(200_000))
    const session = attacker(server, windowSize, 0)
    const before = process.memoryUsage().arrayBuffers
    for (let i = 0; i < 600; i++) session.request(2 * i + 1, get('/channels/full'))
    await session.until(({ type, stream }) => type === types.headers && stream === 1)
    await server.served()
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000)
    const cancels = () =>
      session.frames.filter(({ payload, type }) => type === types.reset && codeOf(payload) === cancelled)
    await expect.poll(() => cancels().length).toBeGreaterThan(0)
  })

  it('600 pages whose client goes: those that waited are not read any more', async () => {
    const store = memory()
    const read = store.read.bind(store)
    let reads = 0
    store.read = (...asked) => {
      reads++
      return read(...asked)
    }
    const server = await attacked({ store, limits: { answerBytesPerSession: 1_048_576 } })
    await server.hub.publish('full', 'x'.repeat(200_000))
    const session = attacker(server, windowSize, 0)
    for (let i = 0; i < 600; i++) session.request(2 * i + 1, get('/channels/full'))
    await session.until(({ type, stream }) => type === types.headers && stream === 1)
    await expect.poll(() => server.hub.stats().requests).toBeGreaterThan(500)
    const before = reads
    session.socket.destroy()
    await expect.poll(() => server.hub.stats().requests).toBe(0)
    expect(reads).toBe(before)
    await server.served()
  })

  it('a WebSocket whose window stays shut', async () => {
    const server = await attacked({ limits: { stallMs: 400 } })
    const session = attacker(server, windowSize, 0)
    session.request(1, webSocket('/channels/full'), false)
    await session.until(({ stream, type }) => stream === 1 && type === types.headers)
    await server.hub.publish('full', 'x'.repeat(100_000))
    expect(await session.until(({ type }) => type === types.reset)).toBeDefined()
    await expect.poll(() => server.hub.stats().connections).toBe(1)
  })

  it('a socket that is not read: the whole session ends', async () => {
    const server = await attacked({ limits: { stallMs: 400 } })
    const session = attacker(server, windowSize, 0x7fffffff)
    session.send(types.windowUpdate, flags.none, 0, Buffer.of(0x7f, 0, 0, 0))
    for (let i = 0; i < 20; i++) session.request(2 * i + 1, get('/channels/full', sse))
    await expect.poll(() => server.hub.stats().connections).toBe(21)
    session.socket.pause()
    for (let i = 0; i < 40; i++) {
      await server.hub.publish('full', 'x'.repeat(400_000))
      await turn()
    }
    await expect.poll(() => server.hub.stats().connections).toBe(1)
    await expect.poll(() => connectionsOf(server)).toBe(1)
    await server.served()
  })

  it('a session that dies while its request is looked at', async () => {
    let look = () => {}
    const looked = new Promise<void>((resolve) => {
      look = resolve
    })
    const server = await serveHub({
      authenticate: async () => {
        await looked
        return { id: 'a' }
      },
    })
    const session = attacker(server)
    for (const [i, headers] of [get('/channels/n', sse), get('/channels/n'), webSocket('/channels/n')].entries())
      session.request(2 * i + 1, { ...headers, origin: 'http://foreign.example' }, i < 2)
    await session.until(({ type, flags: flag }) => type === types.settings && flag === flags.ack)
    session.socket.destroy()
    await expect.poll(() => connectionsOf(server)).toBe(0)
    look()
    await turn()
    expect(server.hub.stats().connections).toBe(0)
    expect((await ask(server.url('n'))).status).toBe(200)
  })
})

function connectionsOf({ server }: HubServer): Promise<number> {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count)))
}

describe('sessions', () => {
  async function guarded(limits: HubOptions['limits'], trustProxy = false) {
    const hub = createHub({ limits, trustProxy })
    onTestFinished(() => hub.close({ graceMs: 1 }))
    const server = createServer(http2Options())
    hub.attach(server)
    const origin = await listen(server as never)
    return () => {
      const session = connect(origin)
      session.on('error', () => undefined)
      onTestFinished(() => session.destroy())
      return session
    }
  }

  it('of one address are limited, and make room when they go', async () => {
    const open = await guarded({ sessionsPerAddress: 2 })
    const [first, second] = [open(), open()]
    await Promise.all([once(first, 'remoteSettings'), once(second, 'remoteSettings')])
    const third = open()
    await once(third, 'close')
    first.destroy()
    await once(first, 'close')
    await turn()
    await once(open(), 'remoteSettings')
  })

  it('are not counted behind a proxy, whose address all have', async () => {
    const open = await guarded({ sessionsPerAddress: 1 }, true)
    await Promise.all([once(open(), 'remoteSettings'), once(open(), 'remoteSettings')])
  })

  it('end when nothing has moved for sessionIdleMs, but not under a stream that is open', async () => {
    const open = await guarded({ sessionIdleMs: 1_000, heartbeatMs: 100_000 })
    const [idle, busy] = [open(), open()]
    const over = Promise.all([once(idle, 'close'), once(busy, 'goaway')])
    const reader = busy.request({ ':path': '/channels/n', accept: 'text/event-stream' })
    reader.resume()
    await over
    expect([reader.closed, busy.destroyed]).toEqual([false, false])
    reader.close()
    await once(busy, 'close')
  })
})

describe('what asks for a WebSocket wrongly', () => {
  const right = webSocket('/channels/n')
  const without = (name: string) => Object.fromEntries(Object.entries(right).filter(([one]) => one !== name))

  it.each([
    ['has no path', without(':path')],
    ['has no scheme', without(':scheme')],
    ['has no authority', without(':authority')],
    ['is a GET', { ...right, ':method': 'GET' }],
    ['has a field of HTTP/1.1', { ...right, connection: 'upgrade' }],
  ])('is a malformed request if it %s', async (_name, headers) => {
    const session = attacker(await serveHub())
    session.request(1, headers, false)
    const answer = await session.until(({ stream }) => stream === 1)
    expect([answer?.type, codeOf(answer?.payload)]).toEqual([types.reset, 1])
  })

  it.each([
    [501, 'another protocol', { ...right, ':protocol': 'webtransport' }],
    [426, 'another version', { ...right, 'sec-websocket-version': '8' }],
    [400, 'subprotocols that are none', { ...right, 'sec-websocket-protocol': ',,"' }],
    [404, 'a tunnel', { ':method': 'CONNECT', ':authority': 'localhost:80' }],
    [404, 'another path', { ...right, ':path': '/elsewhere' }],
    [403, 'a foreign origin', { ...right, origin: 'https://foreign.example' }],
    [421, 'another host', { ...right, ':authority': 'foreign.example' }],
  ])('is answered %i for %s, and its stream is let go of', async (status, _name, headers) => {
    const { origin } = await serveHub()
    const session = connect(origin)
    onTestFinished(() => session.destroy())
    await once(session, 'remoteSettings')
    const request = session.request(headers, { endStream: false })
    const [head] = await once(request, 'response')
    request.resume()
    await once(request, 'close')
    expect([head[':status'], request.rstCode]).toEqual([status, 0])
  })

  it('is closed if it ends at once', async () => {
    const server = await serveHub()
    const session = attacker(server)
    session.request(1, right)
    await session.until(({ stream }) => stream === 1)
    await expect.poll(() => server.hub.stats().connections).toBe(0)
  })
})
