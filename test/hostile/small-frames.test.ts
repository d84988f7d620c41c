/** Small frames that come in one burst: they have some milliseconds in each turn of the loop, and others have theirs. */
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { connect, rawSocket, type Socket, session } from '../support/clients/socket.js'
import { serveHub } from '../support/hub-server.js'
import { spoken } from '../support/transport.js'
import { clientFrame, jsonFrame } from './frames.js'

const count = 4_000
const burst = (frame: Buffer) => Buffer.concat(Array.from({ length: count }, () => frame))

/** Rules that count what is asked, and say how much had been asked when others had their first turn. */
function counted() {
  const told = { asked: 0, inOneTurn: 0, firstMs: 0 }
  const publish = () => {
    if (told.asked++ > 0) return false
    const began = performance.now()
    setImmediate(() => {
      told.inOneTurn = told.asked
      told.firstMs = performance.now() - began
    })
    return false
  }
  return { told, rules: { n: { publish } } }
}

const ways: readonly [string, (url: (path?: string) => string) => Promise<Socket>, Buffer][] = [
  ['plain', (url) => connect(url('n')), clientFrame(1, '1')],
  ['anywire.v1', (url) => session(url()), jsonFrame({ type: 'publish', id: 1, channel: 'n', data: 1 })],
]

it.skipIf(spoken() !== 'http/1.1').each(ways)(
  'of a %s WebSocket are all acted on, and the loop is left meanwhile',
  async (_name, open, frame) => {
    const { told, rules } = counted()
    const { socketUrl, hub } = await serveHub({ rules })
    const socket = await open(socketUrl)
    rawSocket(socket).write(burst(frame))
    await expect.poll(() => told.asked).toBe(count)
    expect(told.inOneTurn).toBeLessThan(count / 4)
    expect(socket.webSocket.readyState).toBe(1)
    expect(hub.stats().connections).toBe(1)
  },
  60_000,
)

it.skipIf(spoken() !== 'http/1.1')('of y-websocket are all answered, in time that grows as they do', async () => {
  const { hub, socketUrl } = await serveHub()
  hub.yjs('/yjs')
  const socket = await connect(socketUrl().replace('/channels', '/yjs/a'))
  // Step 1: each is answered by a step 2, the first by a step 1 too.
  rawSocket(socket).write(burst(clientFrame(2, Uint8Array.of(0, 0, 1, 0))))
  await socket.take(count + 1)
})

it.skipIf(spoken() !== 'http/1.1')('of anywire.v1 hold up no ping, though those before it wait for ever', async () => {
  const { socketUrl } = await serveHub({ rules: { n: { receive: () => new Promise<never>(() => undefined) } } })
  const socket = await session(socketUrl())
  const publish = jsonFrame({ type: 'publish', id: 1, channel: 'n', data: 1 })
  const pings = Array.from({ length: 2_000 }, () => jsonFrame({ type: 'ping' }))
  rawSocket(socket).write(Buffer.concat([...Array.from({ length: 64 }, () => publish), ...pings]))
  for (const _ of pings) await socket.frame('pong')
})

it.skipIf(spoken() !== 'http/1.1')('that are pings are answered by fewer pongs, the last one of them all', async () => {
  const { socketUrl } = await serveHub()
  const socket = await connect(socketUrl('n'))
  let pongs = 0
  const last = new Promise<void>((resolve) => {
    socket.webSocket.on('pong', (data) => {
      pongs++
      if (String(data) === 'last') resolve()
    })
  })
  rawSocket(socket).write(Buffer.concat([burst(clientFrame(9, 'x')), clientFrame(9, 'last')]))
  await last
  expect(pongs).toBeLessThan(count / 4)
  socket.webSocket.ping('one')
  const [data] = await once(socket.webSocket, 'pong')
  expect(String(data)).toBe('one')
})
