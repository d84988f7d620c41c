/** Something between client and hub that takes less than the hub: what is too large for it is refused alone. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { connect, type Transport } from '../../src/client/index.js'
import { listen, serveHub } from '../support/hub-server.js'
import { createTestServer } from '../support/transport.js'
import { dataOf } from './join.js'

const mostBytes = 20_000

/** A proxy that closes a WebSocket with 1009 for a longer frame. */
async function socketProxy(hubUrl: string): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', maxPayload: mostBytes })
  onTestFinished(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  server.on('connection', (near, { url }) => {
    const far = new WebSocket(hubUrl.replace(/\/channels$/, url!), 'anywire.v1')
    for (const socket of [near, far]) socket.on('error', () => undefined)
    near.pause()
    far.once('open', () => near.resume())
    near.on('message', (data) => far.send(String(data)))
    far.on('message', (data) => near.send(String(data)))
    near.on('close', () => far.terminate())
    far.on('close', () => near.terminate())
  })
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/channels`
}

/** A proxy that answers 413 to a longer body. */
async function bodyProxy({ hub }: Awaited<ReturnType<typeof serveHub>>): Promise<string> {
  const server = createTestServer()
  server.on('request', (request, response) => {
    if (Number(request.headers['content-length']) <= mostBytes) return hub.handle(request, response)
    request.resume().on('end', () => response.writeHead(413, { 'content-type': 'text/html' }).end('<html>Too large'))
  })
  return `${await listen(server)}/channels`
}

/** What becomes of publishes, large ones among them. */
async function publishAll(url: string, transport: Transport, data: readonly unknown[]) {
  const client = connect(url, { transports: [transport] })
  onTestFinished(() => client.close())
  const reading = client.subscribe('n', { from: 'start' })
  await reading.opened
  const ends = await Promise.all(
    data.map((one) =>
      client.publish('n', one).then(
        () => 'stored',
        ({ code }) => code,
      ),
    ),
  )
  const small = data.filter((one) => String(one).length < mostBytes)
  expect(await dataOf(reading, small.length)).toEqual(small)
  return { client, ends }
}

describe('where something between takes less than the hub', () => {
  it('a publish that closes the WebSocket is refused alone, and larger ones without being sent', async () => {
    const { socketUrl } = await serveHub()
    const url = await socketProxy(socketUrl())
    const { client, ends } = await publishAll(url, 'websocket', [1, 'x'.repeat(30_000), 2])
    expect(ends).toEqual(['stored', 'too-large', 'stored'])
    const { reconnects } = client.stats.value
    await expect(client.publish('n', 'x'.repeat(40_000))).rejects.toMatchObject({ code: 'too-large' })
    await client.publish('n', 3)
    expect([client.state.value, client.stats.value]).toMatchObject(['open', { reconnects }])
  })

  it.each<Transport>(['stream', 'poll'])(
    'a publish that is answered 413 is refused alone, after some tries, by %s',
    async (transport) => {
      const url = await bodyProxy(await serveHub())
      const { client, ends } = await publishAll(url, transport, [1, 'x'.repeat(30_000), 2])
      expect(ends).toEqual(['stored', 'too-large', 'stored'])
      expect([client.state.value, client.stats.value]).toMatchObject(['open', { reconnects: 0 }])
    },
  )
})
