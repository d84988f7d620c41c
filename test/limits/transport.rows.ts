/** What connections, sessions and bodies may cost: pipelined requests, windows that stay shut, frames of many entries. */
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { flags, RawSession, types } from '../http2/raw-session.js'
import type { HubProcess } from '../support/process/hub-process.js'
import type { EdgeRow } from './row.js'

const settings = { initialWindowSize: 4 }
const history = new URL('history.js', import.meta.url).href

/** A socket that is not read. */
async function unread(hub: HubProcess): Promise<Socket> {
  const socket = connect(hub.port, '127.0.0.1')
  socket.on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket.pause()
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`
}

/** An anywire.v1 POST that asks for a batch. */
function batch(channel: string): string {
  const body = JSON.stringify({ subscribe: [{ channel, offset: 'last-1' }] })
  return `POST /channels HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

const pipelined = (what: string, request: string): EdgeRow => ({
  name: `answers under way over HTTP/1.1: 100 pipelined requests for ${what}, nothing read`,
  hub: { setup: history },
  async act(hub) {
    const socket = await unread(hub)
    socket.write(request.repeat(100))
  },
  mostGrownBytes: 40e6,
})

const shut = (what: string, headers: Record<string, string>, body?: string): EdgeRow => ({
  name: `answers under way over HTTP/2: 1,000 requests for ${what}, window 0`,
  hub: { http2: true, setup: history },
  async act(hub) {
    const session = new RawSession(hub.port)
    session.settings(settings.initialWindowSize, 0)
    for (let stream = 1; stream < 2_000; stream += 2) {
      session.request(stream, headers, body === undefined)
      if (body !== undefined) session.send(types.data, flags.endStream, stream, Buffer.from(body))
    }
  },
  mostGrownBytes: 60e6,
  mostBlockedMs: 1_000,
})

const asked = (path: string, method = 'GET') => ({
  ':method': method,
  ':scheme': 'http',
  ':authority': 'localhost',
  ':path': path,
})
const post = { ...asked('/channels', 'POST'), 'content-type': 'application/json' }

const names = Array.from({ length: 130_000 }, (_, i) => ({ channel: `q${i}` }))
const thousand = names.slice(0, 1_000)

/** A WebSocket that reads nothing, on which frames are said. */
const said = (name: string, frames: readonly unknown[], more: Partial<EdgeRow> = {}): EdgeRow => ({
  name,
  async act(hub) {
    const webSocket = new WebSocket(`ws://127.0.0.1:${hub.port}/channels`, 'anywire.v1', { perMessageDeflate: false })
    onTestFinished(() => webSocket.terminate())
    webSocket.on('error', () => undefined)
    await once(webSocket, 'open')
    webSocket.pause()
    for (const frame of frames) webSocket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  },
  ...more,
})

const rows: readonly EdgeRow[] = [
  said('channelsPerConnection: a frame of 130,000 names', [{ type: 'subscribe', subscriptions: names }]),
  said('channelsPerConnection: a frame of 130,000 times the same name', [
    { type: 'subscribe', subscriptions: names.map(() => ({ channel: 'q' })) },
  ]),
  said('channelsPerConnection: a frame that gives up 130,000 names', [
    { type: 'unsubscribe', channels: names.map(({ channel }) => channel) },
  ]),
  said(
    'openingsPending: 100 frames of 1,000 names each, answers unread',
    Array.from({ length: 100 }, () => ({ type: 'subscribe', subscriptions: thousand })),
  ),
  said(
    'firstFrameBytes: frames of 4 MB from somebody who has not said who it is',
    ['['.repeat(4_190_000), '{"a":'.repeat(800_000)],
    {
      hub: { setup: new URL('stranger.js', import.meta.url).href },
    },
  ),
  pipelined('a page', get('/channels/big/pages')),
  pipelined('a message of 1 MB', get('/channels/big/message')),
  pipelined('a long poll that has news', get('/channels/big/message?live=long-poll&offset=-1')),
  pipelined('a batch', batch('big/message')),
  pipelined("the client's script", get('/channels/$/client.js')),
  pipelined('what is refused', get('/channels/big/message?live=odd')),
  {
    name: 'receivingBytesPerAddress: 200 bodies of 4 MiB that do not end',
    async act(hub) {
      const head = 'POST /channels/n HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4194304\r\n\r\n'
      for (let i = 0; i < 200; i++) (await unread(hub)).write(head + 'x'.repeat(4_000_000))
    },
    mostGrownBytes: 250e6,
  },
  {
    name: 'receivingBytesPerAddress: 300 bodies of 3 MB in one session of HTTP/2 that do not end',
    hub: { http2: true },
    async act(hub) {
      const session = connectHttp2(`http://127.0.0.1:${hub.port}`)
      session.on('error', () => undefined)
      onTestFinished(() => session.destroy())
      for (let i = 0; i < 300; i++) {
        const stream = session.request({ ':method': 'POST', ':path': '/channels/n' })
        stream.on('error', () => undefined).write(Buffer.alloc(3_000_000))
      }
    },
    mostGrownBytes: 250e6,
  },
  {
    name: 'receivingBytesPerAddress: 60 WebSockets with 4 MB each in fragments',
    async act(hub) {
      for (let i = 0; i < 60; i++) {
        const webSocket = new WebSocket(`ws://127.0.0.1:${hub.port}/channels/n`, { perMessageDeflate: false })
        onTestFinished(() => webSocket.terminate())
        webSocket.on('error', () => undefined)
        await once(webSocket, 'open')
        for (let part = 0; part < 4; part++) webSocket.send(Buffer.alloc(1_000_000), { fin: false })
      }
    },
    mostGrownBytes: 250e6,
  },
  {
    name: 'pipelinedRequests: one more ends the connection',
    hub: { limits: { pipelinedRequests: 10 } },
    async act(hub) {
      const socket = await unread(hub)
      socket.write(get('/channels/a?live=poll').repeat(12))
      socket.resume()
      await once(socket, 'close')
    },
  },
  shut('a page', asked('/channels/big/pages')),
  shut('a message of 1 MB', asked('/channels/big/message')),
  shut('a long poll that has news', asked('/channels/big/message?live=long-poll&offset=-1')),
  shut('a batch', post, JSON.stringify({ subscribe: [{ channel: 'big/message', offset: 'last-1' }] })),
  shut("the client's script", asked('/channels/$/client.js')),
  shut('what is refused', asked('/channels/big/message?live=odd')),
]
export default rows
