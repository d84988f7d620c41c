/** A hub on servers of HTTP/2: one port for all forms, beside what else the server does. */
import { once } from 'node:events'
import { type ClientHttp2Session, createSecureServer, createServer, type IncomingHttpHeaders } from 'node:http2'
import { Agent, get as getHttp1 } from 'node:https'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { createHub, http2Options } from '../../src/index.js'
import { openSession } from '../support/clients/http2-client.js'
import { everyForm, opened } from '../support/clients/readers.js'
import { ask } from '../support/clients/request.js'
import { stream } from '../support/clients/sse.js'
import { listen, serveHub } from '../support/hub-server.js'
import { localhost } from '../support/localhost-certificate.js'
import { speak } from '../support/transport.js'
import { get, RawSession, types } from './raw-session.js'

speak('h2')

const hubOf = () => {
  const hub = createHub()
  onTestFinished(() => hub.close({ graceMs: 1 }))
  return hub
}

/** A request in a session that others share. */
async function within(session: ClientHttp2Session, path: string, headers: IncomingHttpHeaders = {}) {
  const request = session.request({ ':path': path, ...headers })
  request.on('error', () => undefined)
  const [head] = (await once(request, 'response')) as [IncomingHttpHeaders]
  return { head, request }
}

async function shared(origin: string): Promise<ClientHttp2Session> {
  const session = await openSession(origin)
  onTestFinished(() => session.destroy())
  return session
}

describe('a hub on a server of HTTP/2', () => {
  it('that leaves makes each answer the last of its session', async () => {
    const { hub, origin } = await serveHub()
    const session = await openSession(origin)
    await hub.close({ graceMs: 1 })
    const { head, request } = await within(session, '/channels/n')
    expect(head[':status']).toBe(503)
    request.resume()
    await once(session, 'close')
  })

  it('has HTTP/1.1 and HTTP/2 on one port, by ALPN', async () => {
    const { port, url } = await serveHub()
    expect((await ask(url('n'))).text).toBe('[]')
    const agent = new Agent({ rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    const [response] = await once(getHttp1(url('n'), { agent }), 'response')
    expect([response.httpVersion, response.statusCode]).toEqual(['1.1', 200])
    for (const protocol of ['h2', 'http/1.1']) {
      const socket = connectTls({ port, rejectUnauthorized: false, ALPNProtocols: [protocol] })
      await once(socket, 'secureConnect')
      expect(socket.alpnProtocol).toBe(protocol)
      socket.destroy()
    }
  })

  it('has WebSockets over HTTP/1.1 on it too', async () => {
    const { hub, socketUrl } = await serveHub()
    const socket = new WebSocket(socketUrl('n').replace('https', 'wss'), { rejectUnauthorized: false })
    await once(socket, 'open')
    await hub.publish('n', 1)
    expect(String((await once(socket, 'message'))[0])).toBe('1')
    socket.terminate()
  })

  it('carries 150 event streams in one session, and still answers', async () => {
    const { hub, origin } = await serveHub()
    const session = await shared(origin)
    const readers = await Promise.all(
      Array.from({ length: 150 }, () => within(session, '/channels/n', { accept: 'text/event-stream' })),
    )
    expect(hub.stats().connections).toBe(150)
    const said = readers.map(async ({ request }) => {
      for await (const chunk of request) if (String(chunk).includes('data: 7')) return true
      return false
    })
    const { head } = await within(session, '/channels/n')
    expect(head[':status']).toBe(200)
    await hub.publish('n', 7)
    expect(await Promise.all(said)).toEqual(readers.map(() => true))
  })

  it('writes what all streams of a session get in one go', async () => {
    speak('h2c')
    onTestFinished(() => speak('h2'))
    const { hub, port } = await serveHub()
    const session = new RawSession(port)
    session.settings()
    for (let i = 0; i < 50; i++) session.request(2 * i + 1, get('/channels/n', { accept: 'text/event-stream' }))
    await expect.poll(() => session.frames.filter(({ type }) => type === types.data).length).toBe(50)
    let chunks = 0
    session.socket.on('data', () => chunks++)
    await hub.publish('n', 7)
    await expect.poll(() => session.frames.filter(({ type }) => type === types.data).length).toBe(100)
    // One for each slice of time that the fan-out takes; a busy machine may give it more than one.
    expect(chunks).toBeLessThan(10)
  })

  it.each(everyForm)('hears that a connection broke: %s', async (form) => {
    const server = await serveHub()
    const sockets: Socket[] = []
    server.server.on('connection', (socket) => sockets.push(socket))
    const { ended } = await opened(form, server)
    expect(server.hub.stats().connections).toBe(1)
    for (const socket of sockets) socket.destroy()
    await expect.poll(() => server.hub.stats()).toMatchObject({ connections: 0, subscriptions: 0 })
    await ended.catch(() => undefined)
  })

  it('sends no field that is of a connection [RFC 9113 §8.2.2]', async () => {
    const { hub, url } = await serveHub()
    await hub.publish('n', 1)
    const heads = [
      (await stream(url('n'))).headers,
      (await stream(url('n?live=sse&offset=-1'))).headers,
      (await ask(url('n'))).headers,
      (await ask(url('n?live=long-poll&offset=-1'))).headers,
      (await ask(url('..'))).headers,
      (await ask(url(), { method: 'POST', body: '{"subscribe":[{"channel":"n"}]}' })).headers,
    ]
    for (const head of heads)
      for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'proxy-connection'])
        expect(head).not.toHaveProperty(name)
  })

  it('answers a request that never ends, and lets go of its stream', async () => {
    const { origin } = await serveHub()
    const session = await shared(origin)
    const request = session.request({ ':path': '/channels/n', ':method': 'GET' }, { endStream: false })
    const [head] = (await once(request, 'response')) as [IncomingHttpHeaders]
    request.resume()
    await once(request, 'close')
    expect([head[':status'], request.rstCode]).toEqual([200, 0])
  })

  it('asks for the body where the client waits to be asked', async () => {
    const { origin } = await serveHub()
    const session = await shared(origin)
    const request = session.request({ ':path': '/channels/n', ':method': 'POST', expect: '100-continue' })
    await once(request, 'continue')
    request.end('1')
    const [head] = (await once(request, 'response')) as [IncomingHttpHeaders]
    expect(head[':status']).toBe(204)
  })
})

describe('what else a server of HTTP/2 does', () => {
  it('is left alone: other paths, by request and by stream', async () => {
    for (const event of ['request', 'stream'] as const) {
      const server = createSecureServer({ ...localhost(), ...http2Options() })
      const seen: string[] = []
      if (event === 'request')
        server.on('request', (request, response) => {
          seen.push(request.url)
          response.end('own')
        })
      else
        server.on('stream', (one, headers) => {
          seen.push(headers[':path']!)
          one.respond({ ':status': 200 })
          one.end('own')
        })
      hubOf().attach(server)
      const origin = await listen(server as never)
      expect((await ask(`${origin}/channels/n`)).text).toBe('[]')
      expect((await ask(`${origin}/own`)).text).toBe('own')
      expect(seen).toEqual(['/own'])
    }
  })

  it('is not left hanging where nobody answers', async () => {
    const { origin } = await serveHub()
    expect((await ask(`${origin}/elsewhere`)).status).toBe(404)
  })

  it('comes back when the hub is taken off', async () => {
    const server = createServer(http2Options(), (_request, response) => response.end('own'))
    const undo = hubOf().attach(server)
    speak('h2c')
    onTestFinished(() => speak('h2'))
    const origin = await listen(server as never)
    expect((await ask(`${origin}/channels/n`)).text).toBe('[]')
    undo()
    expect((await ask(`${origin}/channels/n`)).text).toBe('own')
  })

  it('may hand requests to the hub by itself, and streams of the event "connect"', async () => {
    const hub = hubOf()
    const server = createSecureServer({ ...localhost(), ...http2Options() }, hub.handle)
    server.on('connect', hub.handle)
    const origin = await listen(server as never)
    expect((await ask(`${origin}/channels/n`)).text).toBe('[]')
    const session = await shared(origin)
    const { head } = await within(session, '/channels/n', {
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      'sec-websocket-version': '13',
    })
    expect(head[':status']).toBe(200)
  })
})

describe('http2Options', () => {
  it('says that WebSockets are answered, unless told not to', async () => {
    const settings = async (webSockets: boolean) => {
      const server = createServer(http2Options({ webSockets, streamsPerSession: 300 }))
      hubOf().attach(server)
      const port = new URL(await listen(server as never)).port
      const session = await shared(`http://127.0.0.1:${port}`)
      const { enableConnectProtocol, maxConcurrentStreams } = session.remoteSettings
      return { enableConnectProtocol, maxConcurrentStreams }
    }
    expect(await settings(true)).toEqual({ enableConnectProtocol: true, maxConcurrentStreams: 300 })
    expect(await settings(false)).toEqual({ enableConnectProtocol: false, maxConcurrentStreams: 300 })
  })

  it('leaves no TLS below 1.2, and no cipher without forward secrecy', async () => {
    const { port } = await serveHub()
    const fails = async (options: object) => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
      const [error] = await once(socket, 'error')
      return (error as NodeJS.ErrnoException).code
    }
    expect(await fails({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' })).toMatch(/SSL/)
    expect(await fails({ maxVersion: 'TLSv1.2', ciphers: 'AES256-GCM-SHA384' })).toMatch(/SSL/)
  })
})
