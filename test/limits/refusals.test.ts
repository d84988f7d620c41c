/** Every limit of a hub, over real sockets: what is over it is refused with a sentence and the right status or close code. */
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createHub, type HubOptions, limitDefaults } from '../../src/index.js'
import { RawClient } from '../support/clients/raw-client.js'
import { everyForm, opened } from '../support/clients/readers.js'
import { ask, post } from '../support/clients/request.js'
import { type Socket as Client, connect, rawSocket, session } from '../support/clients/socket.js'
import { stream } from '../support/clients/sse.js'
import { type HubServer, serveHub } from '../support/hub-server.js'

const json = { 'Content-Type': 'application/json' }

describe('an option that is no limit', () => {
  it('is refused with a sentence that names it', () => {
    const sentences = [{ bodyBites: 1 }, { pollMs: 0 }, { stallMs: null }, { windowBytes: 1.5 }].map((limits) => {
      try {
        createHub({ limits } as HubOptions)
        return ''
      } catch (thrown) {
        return (thrown as Error).message
      }
    })
    expect(sentences[0]).toMatch(/"bodyBites".*bodyBytes/)
    for (const sentence of sentences.slice(1)) expect(sentence).toMatch(/"(pollMs|stallMs|windowBytes)" is .*from 1/)
  })
})

describe('messageBytes and bodyBytes', () => {
  const small = { limits: { messageBytes: 100, bodyBytes: 1_000 } }

  it('refuse a message that is too large with 413, and store nothing of the request', async () => {
    const { hub, url } = await serveHub(small)
    for (const answer of [
      await post(url('n'), [1, 'x'.repeat(100)]),
      await ask(url('m'), { method: 'PUT', headers: json, body: JSON.stringify('x'.repeat(100)) }),
    ])
      expect([answer.status, answer.code]).toEqual([413, 'too-large'])
    await expect(hub.publish('n', 'x'.repeat(100))).rejects.toMatchObject({ code: 'too-large' })
    expect((await ask(url('n'))).json()).toEqual([])
  })

  it('refuse a body that is too large with 413, whether it tells its length or not', async () => {
    const { url, port } = await serveHub(small)
    expect((await post(url('n'), 'x'.repeat(1_000))).status).toBe(413)
    const chunked = new RawClient(
      port,
      `POST /channels/n HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${`100\r\n${'1'.repeat(256)}\r\n`.repeat(5)}0\r\n\r\n`,
    )
    expect((await chunked.until(({ body }) => body.includes('}}'))).head).toMatch(/^HTTP\/1\.1 413 /)
    chunked.socket.write('GET /channels/n HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    await chunked.ended
    expect(String(chunked.body)).toMatch(/HTTP\/1\.1 200 OK[\s\S]*\[\]$/)
  })

  it('store nothing of a body that breaks off', async () => {
    const { url, port } = await serveHub()
    const head =
      'POST /channels/n HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n'
    const broken = new RawClient(port, `${head}[1,2]`)
    await expect.poll(() => broken.socket.writableLength).toBe(0)
    broken.socket.destroy()
    await broken.ended
    expect((await ask(url('n'))).json()).toEqual([])
  })
})

describe('nameBytes and fieldBytes', () => {
  it('refuse a name of more than 512 bytes of UTF-8', async () => {
    const { url } = await serveHub()
    expect((await ask(url('x'.repeat(512)))).status).toBe(200)
    expect((await ask(url('x'.repeat(513)))).status).toBe(400)
    expect((await ask(url(encodeURIComponent('€'.repeat(170))))).status).toBe(200)
    expect((await ask(url(encodeURIComponent('€'.repeat(171))))).status).toBe(400)
  })

  it('refuse keys, events, producers and Stream-Seq of more than 512 bytes', async () => {
    const { url } = await serveHub()
    const [fits, over] = ['x'.repeat(512), 'x'.repeat(513)]
    for (const name of ['Message-Key', 'Message-Event', 'Stream-Seq']) {
      expect((await post(url(name), 1, { [name]: fits })).status).toBe(204)
      expect((await post(url(name), 1, { [name]: over })).code).toBe('bad-request')
    }
    const producer = { 'Producer-Epoch': '0', 'Producer-Seq': '0' }
    expect((await post(url('p'), 1, { ...producer, 'Producer-Id': fits })).status).toBe(200)
    expect((await post(url('p'), 1, { ...producer, 'Producer-Id': over })).status).toBe(400)
  })

  it('let no key or event hold what would break a header or an event stream', async () => {
    const { hub, url, socketUrl } = await serveHub()
    for (const bad of ['%0A', '%0D', '%00', '%E2%80%A8', '%zz', '%ff'])
      for (const name of ['Message-Key', 'Message-Event'])
        expect((await post(url('n'), 1, { [name]: `a${bad}b` })).code).toBe('bad-request')
    await expect(hub.publish('n', 1, { event: 'a\nb' })).rejects.toMatchObject({ code: 'bad-request' })
    const socket = await session(socketUrl())
    socket.say({ type: 'publish', id: 1, channel: 'n', data: 1, key: 'a\nb' })
    expect(await socket.frame('error')).toMatchObject({ id: 1, code: 'bad-request' })
  })
})

describe('channelsPerConnection', () => {
  it('refuses one more until another is left', async () => {
    const { socketUrl } = await serveHub({ limits: { channelsPerConnection: 2 } })
    const socket = await session(socketUrl())
    const subscribe = (channel: string) => socket.say({ type: 'subscribe', subscriptions: [{ channel }] })
    for (const channel of ['a', 'b', 'c']) subscribe(channel)
    expect(await socket.frame('error')).toMatchObject({ code: 'too-many', channel: 'c' })
    socket.say({ type: 'unsubscribe', channels: ['a'] })
    subscribe('c')
    for (const channel of ['a', 'b', 'c']) expect(await socket.frame('subscribed')).toMatchObject({ channel })
  })
})

describe('connections and connectionsPerAddress', () => {
  it.each(everyForm)('count %s in and out, and refuse one more', async (form) => {
    const server = await serveHub({ limits: { connections: 1, pollMs: 1_000 } })
    const reader = await opened(form, server)
    expect(await refused(server)).toEqual([429, 429, 4429])
    server.hub.disconnect({ channel: 'n' })
    server.hub.disconnect({})
    await reader.ended
    await expect.poll(() => server.hub.stats().connections).toBe(0)
    await opened(form, server)
  })

  /** What an event stream, a poll and a WebSocket are told that come too many. */
  async function refused({ url, socketUrl }: HubServer): Promise<number[]> {
    const streamed = await stream(url('n'))
    const polled = await ask(url('n?live=poll'))
    expect(Number(polled.headers['retry-after'])).toBeGreaterThan(0)
    return [streamed.status, polled.status, (await (await connect(socketUrl('n'))).closed).code]
  }

  it('count by address, and tell addresses apart', async () => {
    const server = await serveHub({
      limits: { connectionsPerAddress: 1 },
      trustProxy: true,
      authenticate: () => ({ id: 'x' }),
    })
    const from = (address: string) => stream(server.url('n'), { headers: { 'X-Forwarded-For': address } })
    const statuses = [await from('203.0.113.1'), await from('203.0.113.1'), await from('203.0.113.2')].map(
      (one) => one.status,
    )
    expect(statuses).toEqual([200, 429, 200])
  })

  it('do not count a page', async () => {
    const { url } = await serveHub({ limits: { connections: 1 } })
    await stream(url('n'))
    expect([(await ask(url('n'))).status, (await post(url('n'), 1)).status]).toEqual([200, 204])
  })
})

describe('publishesPerSecond', () => {
  it('answers 429 with Retry-After beyond it, and other principals go on', async () => {
    const authenticate = (one?: { token: string }) => ({ id: one?.token ?? 'nobody' })
    const { url } = await serveHub({ limits: { publishesPerSecond: 3 }, authenticate })
    const by = (token: string) => post(url('n'), 1, { Authorization: `Bearer ${token}` })
    const answers = await Promise.all(Array.from({ length: 30 }, () => by('ann')))
    const refused = answers.filter(({ status }) => status !== 204)
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(3)
    for (const { status, code, headers } of refused)
      expect([status, code, headers['retry-after']]).toEqual([429, 'too-many', '1'])
    expect(refused.length).toBeGreaterThan(0)
    expect((await by('bob')).status).toBe(204)
    await expect.poll(async () => (await by('ann')).status).toBe(204)
  })

  it('is told in a frame, and the connection stays', async () => {
    const { socketUrl } = await serveHub({ limits: { publishesPerSecond: 1 } })
    const [plain, framed] = [await connect(socketUrl('n')), await session(socketUrl())]
    for (let n = 1; n <= 5; n++) plain.send(String(n))
    const heard = (await plain.take(5)).map((text) => Object(JSON.parse(String(text))).error?.code)
    expect(new Set(heard)).toEqual(new Set(['too-many', undefined]))
    for (let id = 1; id <= 5; id++) framed.say({ type: 'publish', id, channel: 'n', data: id })
    expect(await framed.frame('error')).toMatchObject({ code: 'too-many', retryMs: expect.any(Number) })
    framed.say({ type: 'ping' })
    await framed.frame('pong')
  })
})

/** A client that reads nothing until told to. */
async function deaf(socket: Client): Promise<{ hear(): void }> {
  socket.webSocket.pause()
  rawSocket(socket).pause()
  return { hear: () => socket.webSocket.resume() }
}

/** The most that the server held for its clients while `act` ran. */
async function mostHeld({ server }: HubServer, act: () => Promise<void>): Promise<number> {
  const sockets: { readonly writableLength: number }[] = []
  server.on('connection', (socket) => sockets.push(socket))
  let most = 0
  const look = () => {
    for (const { writableLength } of sockets) most = Math.max(most, writableLength)
  }
  const looking = setInterval(look, 5)
  await act()
  clearInterval(looking)
  look()
  return most
}

/** Resolves when a number has not changed for a while. */
async function still(number: () => number): Promise<number> {
  for (let last = -1, same = 0; same < 10; ) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    same = number() === last ? same + 1 : 0
    last = number()
  }
  return number()
}

describe('a client that does not read its answers', () => {
  it.each(['anywire.v1', 'a plain WebSocket'])(
    'is not read from while it publishes over %s; nothing is lost',
    async (form) => {
      let heard = 0
      const rules = {
        n: {
          subscribe: true,
          receive(message: { discard(): void }) {
            message.discard()
            heard++
            return 'x'.repeat(10_000)
          },
        },
      }
      const server = await serveHub({ rules })
      const held = await mostHeld(server, async () => {
        const socket = form === 'anywire.v1' ? await session(server.socketUrl()) : await connect(server.socketUrl('n'))
        const { hear } = await deaf(socket)
        const count = 5_000
        for (let id = 0; id < count; id++)
          socket.send(form === 'anywire.v1' ? `{"type":"publish","id":${id},"channel":"n","data":${id}}` : `${id}`)
        expect(await still(() => heard)).toBeLessThan(count / 2)
        hear()
        for (let id = 0; id < count; id++) await socket.next()
        expect(heard).toBe(count)
      })
      expect(held).toBeLessThan(4_000_000)
    },
  )

  it('gets no pongs beyond what it has room for', async () => {
    const server = await serveHub()
    const held = await mostHeld(server, async () => {
      const [plain, framed] = [await connect(server.socketUrl('n')), await session(server.socketUrl())]
      await deaf(plain)
      await deaf(framed)
      const payload = 'x'.repeat(120)
      for (let i = 0; i < 50_000; i++) plain.webSocket.ping(payload)
      for (let i = 0; i < 50_000; i++) framed.say({ type: 'ping', id: payload })
      await still(() => rawSocket(plain).bytesWritten - rawSocket(plain).writableLength)
      await still(() => rawSocket(framed).bytesWritten - rawSocket(framed).writableLength)
    })
    expect(held).toBeLessThan(1_000_000)
  })
})

describe('stallMs', () => {
  const stalling: HubOptions = { limits: { stallMs: 1_000 }, rules: { n: { retain: { bytes: null } } } }
  const large = 'x'.repeat(1_000_000)

  async function sockets({ server }: HubServer): Promise<number> {
    return new Promise((resolve) => server.getConnections((_, count) => resolve(count)))
  }

  it.each([
    ['plain SSE', 'GET /channels/n HTTP/1.1\r\nAccept: text/event-stream'],
    ['durable SSE', 'GET /channels/n?live=sse&offset=-1 HTTP/1.1'],
    ['many channels', 'GET /channels?channel=n HTTP/1.1\r\nAccept: text/event-stream'],
    ['a plain WebSocket', upgrade('n')],
    ['anywire.v1', `${upgrade('n?offset=-1')}\r\nSec-WebSocket-Protocol: anywire.v1`],
  ])('destroys %s that takes nothing, and no other', async (_, request) => {
    const server = await serveHub(stalling)
    const reading = await connect(server.socketUrl('n'))
    const client = new RawClient(server.port, `${request}\r\nHost: localhost\r\n\r\n`)
    await client.until(({ head }) => head !== '')
    client.socket.pause()
    await expect.poll(() => server.hub.stats().subscriptions).toBe(2)
    for (let i = 0; i < 20; i++) await server.hub.publish('n', large)
    await expect.poll(() => server.hub.stats().connections).toBe(1)
    await expect.poll(() => sockets(server)).toBe(1)
    for (let i = 0; i < 20; i++) await reading.next()
  })

  it('destroys a stream that was ended while its client took nothing', async () => {
    const server = await serveHub({ limits: { stallMs: 2_000 }, rules: stalling.rules })
    const served: Socket[] = []
    server.server.on('connection', (socket) => served.push(socket))
    const client = new RawClient(
      server.port,
      'GET /channels/n HTTP/1.1\r\nAccept: text/event-stream\r\nHost: localhost\r\n\r\n',
    )
    await client.until(({ head }) => head !== '')
    client.socket.pause()
    for (let i = 0; i < 20; i++) await server.hub.publish('n', large)
    await still(() => served[0]!.bytesWritten - served[0]!.writableLength)
    expect(served[0]!.writableLength).toBeGreaterThan(0)
    server.hub.disconnect({})
    expect(await sockets(server)).toBe(1)
    await expect.poll(() => sockets(server)).toBe(0)
  })
})

function upgrade(below: string): string {
  const headers = [
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ]
  return [`GET /channels/${below} HTTP/1.1`, ...headers].join('\r\n')
}

describe('the largest TTL', () => {
  it('is taken, and troubles no timer', async () => {
    const { url } = await serveHub()
    const warnings: Error[] = []
    const hear = (warning: Error) => warnings.push(warning)
    process.on('warning', hear)
    await ask(url('n'), { method: 'PUT', headers: { ...json, 'Stream-TTL': String(Number.MAX_SAFE_INTEGER) } })
    await (await stream(url('n?live=sse&offset=-1'))).next('control')
    // Node warns of a timer at the end of the turn in which it was set.
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', hear)
    expect(warnings).toEqual([])
  })
})

describe('the defaults', () => {
  it('are what PROTOCOL.md says of times and sizes', () => {
    expect(limitDefaults).toMatchObject({
      nameBytes: 512,
      pageBytes: 256 * 1024,
      pageMessages: 10_000,
      pollMs: 15_000,
      durableSseMs: 60_000,
      heartbeatMs: 20_000,
      stallMs: 30_000,
      authMs: 5_000,
    })
  })
})
