/** What a client may have the hub hold of bodies and messages that are not whole yet, and for how long. PROTOCOL.md 6. */
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { Receiving } from '../../src/server/door/receiving.js'
import { RawClient } from '../support/clients/raw-client.js'
import { connect, type Socket, session } from '../support/clients/socket.js'
import { type HubServer, serveHub } from '../support/hub-server.js'

/** A request whose body has begun and does not end. */
async function begun({ port }: HubServer, bytes: number, method = 'POST', path = '/channels/n'): Promise<RawClient> {
  const head = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${bytes * 2}\r\n\r\n`
  const client = new RawClient(port, head)
  await new Promise((sent) => client.socket.write('x'.repeat(bytes), sent))
  return client
}

const status = (client: RawClient) => Number(client.head.slice(9, 12))
const answered = (client: RawClient) => client.until(({ head }) => head !== '')

describe.each([
  ['receivingBytes', { receivingBytes: 250_000, receivingBytesPerAddress: null }],
  ['receivingBytesPerAddress', { receivingBytes: null, receivingBytesPerAddress: 250_000 }],
])('%s alone', (_name, limits) => {
  it('refuses the body for which there is no room, and takes the next once there is', async () => {
    const server = await serveHub({ limits })
    const first = await begun(server, 100_000)
    const held = [first, await begun(server, 100_000, 'PUT')]
    const third = await begun(server, 100_000, 'POST', '/channels')
    await third.until(({ text }) => text.endsWith('}'))
    expect([status(third), third.text]).toEqual([429, expect.stringContaining('"too-many"')])
    expect(held.map(status)).toEqual([0, 0])
    first.socket.destroy()
    await first.ended
    await expect
      .poll(async () => {
        const client = await begun(server, 100_000)
        const refused = client.until(({ head }) => head !== '').then(status)
        const now = await Promise.race([refused, new Promise((later) => setTimeout(later, 100, 'held'))])
        client.socket.destroy()
        return now
      })
      .toBe('held')
  })

  it.each(['plain', 'anywire.v1'])('counts the fragments of a message over a %s WebSocket', async (kind) => {
    const server = await serveHub({ limits })
    const open = () => (kind === 'plain' ? connect(server.socketUrl('n')) : session(server.socketUrl()))
    const [first, second] = [await open(), await open()]
    first.webSocket.send('x'.repeat(150_000), { fin: false })
    await sent(first)
    second.webSocket.send('x'.repeat(150_000), { fin: false })
    expect((await second.closed).code).toBe(4429)
    first.webSocket.close()
    await first.closed
    const third = await open()
    third.webSocket.send(JSON.stringify('x'.repeat(200_000)))
    third.webSocket.ping()
    await once(third.webSocket, 'pong')
  })
})

describe('the room for what is being received', () => {
  const all = 256
  const room = (each: number | null) => new Receiving({ receivingBytes: all, receivingBytesPerAddress: each })
  /** What one address after the other comes to hold who takes all it gets. */
  const taken = (receiving: Receiving, addresses: number) =>
    Array.from({ length: addresses }, (_, i) => {
      const receipt = receiving.of(`10.0.0.${i}`)
      for (let held = 1; ; held++) {
        try {
          receipt.hold(held)
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'too-many' })
          return held - 1
        }
      }
    })

  it('is never taken whole by a few addresses, and one that is alone has all it may', () => {
    const held = taken(room(64), 5)
    expect(held).toEqual([64, 48, 36, 27, 20])
    expect(taken(room(null), 1)).toEqual([all])
  })

  it('is there again for others when somebody lets go', () => {
    const receiving = room(64)
    const [first, second] = [receiving.of('a'), receiving.of('b')]
    first.hold(64)
    expect(() => second.hold(64)).toThrow('Many are sending at once')
    first.hold(0)
    second.hold(64)
    second.hold(0)
    expect(receiving.bytes).toBe(0)
  })
})

/** Resolves when the server has read what was sent: it answers a ping that stands behind it. */
async function sent({ webSocket }: Socket): Promise<void> {
  webSocket.ping()
  await once(webSocket, 'pong')
}

describe('a WebSocket', () => {
  it('may send any number of whole messages and pings', async () => {
    const { hub, socketUrl } = await serveHub({ limits: { receivingBytesPerAddress: 50_000 } })
    const socket = await connect(socketUrl('n'))
    for (let i = 0; i < 1_000; i++) socket.webSocket.ping('x'.repeat(120))
    for (let i = 0; i < 20; i++) socket.send(JSON.stringify('x'.repeat(20_000)))
    await sent(socket)
    await expect.poll(() => hub.stats().publishers).toBe(0)
    expect(socket.webSocket.readyState).toBe(1)
  })

  it('is closed with 4408 where a message does not become whole within bodyMs, whatever its pings', async () => {
    const { socketUrl } = await serveHub({ limits: { bodyMs: 400 } })
    for (const socket of [await connect(socketUrl('n')), await session(socketUrl())]) {
      socket.webSocket.send('x'.repeat(100_000), { fin: false })
      const pinging = setInterval(() => socket.webSocket.ping(), 50)
      expect((await socket.closed).code).toBe(4408)
      clearInterval(pinging)
    }
  })

  it('is closed with 1008 where a message has more fragments than fragmentsPerMessage', async () => {
    const { socketUrl } = await serveHub({ limits: { fragmentsPerMessage: 4 } })
    for (const socket of [await connect(socketUrl('n')), await session(socketUrl())]) {
      for (let i = 0; i < 5; i++) socket.webSocket.send('x', { fin: false })
      expect((await socket.closed).code).toBe(1008)
    }
  })

  it('may send no more of a frame than firstFrameBytes before it has said who it is', async () => {
    const { socketUrl } = await serveHub({ authenticate: () => null })
    const socket = await session(socketUrl())
    for (let i = 0; i < 10; i++) socket.webSocket.send('x'.repeat(50_000), { fin: false })
    expect((await socket.closed).code).toBe(4413)
  })
})

describe('a body that does not come', () => {
  it.each([
    ['bodyIdleMs', { bodyIdleMs: 200 }],
    ['bodyMs, though something comes now and then', { bodyMs: 400 }],
  ])('is ended after %s, and its connection with it', async (_name, limits) => {
    const server = await serveHub({ limits })
    const client = await begun(server, 10)
    const trickle = setInterval(() => client.socket.write('x'), 100)
    if ('bodyIdleMs' in limits) clearInterval(trickle)
    await client.ended
    clearInterval(trickle)
    expect([status(client), client.text]).toEqual([408, expect.stringContaining('"timeout"')])
  })

  it.each(['POST', 'PUT'])('is not waited for where the client may not publish, %s', async (method) => {
    const server = await serveHub({ rules: { n: { publish: false } } })
    expect(status(await answered(await begun(server, 10, method)))).toBe(403)
  })
})
