/** A hub in Express (with `compression` and `helmet`), Fastify, Hono and plain Node: the whole mount, and one channel at a path of one's own. */
import { createServer, type Server } from 'node:http'
import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import compression from 'compression'
import express from 'express'
import { fastify } from 'fastify'
import helmet from 'helmet'
import { Hono } from 'hono'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHub, type Hub } from '../../src/index.js'
import { ask, post } from '../support/clients/request.js'
import { connect, session } from '../support/clients/socket.js'
import { stream } from '../support/clients/sse.js'
import { listen } from '../support/hub-server.js'

/** Builds a server that has the hub at `/channels` and its channel `news` at `/live/news`, beside a page of its own at `/`. */
type Framework = (hub: Hub) => Server | Promise<Server>

const frameworks: Record<string, Framework> = {
  'Express 5 with compression and helmet'(hub) {
    const app = express()
    app.use(compression({ threshold: 0 }), helmet())
    app.use('/channels', hub.handle)
    app.all('/live/news', hub.channel('news').handle)
    app.use(express.json())
    app.get('/', (_, response) => void response.send('own'))
    return createServer(app)
  },

  async 'Fastify 5'(hub) {
    const app = fastify()
    // Bodies under these paths are the hub's to read.
    app.register(async (scope) => {
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', (_request, _body, done) => done(null))
      const mount =
        (handle: Hub['handle']) => (request: { raw: Parameters<typeof handle>[0] }, reply: FastifyReply) => {
          reply.hijack()
          handle(request.raw, reply.raw)
        }
      scope.all('/channels', mount(hub.handle))
      scope.all('/channels/*', mount(hub.handle))
      scope.all('/live/news', mount(hub.channel('news').handle))
    })
    app.get('/', async () => 'own')
    await app.ready()
    onTestFinished(() => app.close())
    return app.server
  },

  'Hono 4'(hub) {
    const app = new Hono<{ Bindings: HttpBindings }>()
    const mount = (handle: Hub['handle']) => (context: { env: HttpBindings }) => {
      handle(context.env.incoming, context.env.outgoing)
      return RESPONSE_ALREADY_SENT
    }
    app.all('/channels', mount(hub.handle))
    app.all('/channels/*', mount(hub.handle))
    app.all('/live/news', mount(hub.channel('news').handle))
    app.get('/', (context) => context.text('own'))
    return createAdaptorServer({ fetch: app.fetch }) as Server
  },

  'plain Node'(hub) {
    const news = hub.channel('news')
    return createServer((request, response) => {
      if (request.url === '/') response.end('own')
      else if (request.url?.startsWith('/live/news')) news.handle(request, response)
      else hub.handle(request, response)
    })
  },

  'plain Node with hub.attach'(hub) {
    const news = hub.channel('news')
    const server = createServer((request, response) => {
      if (request.url === '/') response.end('own')
      else news.handle(request, response)
    })
    hub.attach(server)
    return server
  },
}

interface FastifyReply {
  readonly raw: Parameters<Hub['handle']>[1]
  hijack(): unknown
}

async function start(framework: Framework, ownUpgrade = true) {
  const hub = createHub({ limits: { pollMs: 5_000 } })
  onTestFinished(() => hub.close({ graceMs: 1 }))
  const server = await framework(hub)
  const news = hub.channel('news')
  if (ownUpgrade)
    server.on('upgrade', (request, socket, head) => {
      if (request.url?.startsWith('/live/news')) news.upgrade(request, socket, head)
      else if (server.listenerCount('upgrade') === 1) hub.upgrade(request, socket, head)
    })
  const origin = await listen(server)
  return { hub, origin, ws: origin.replace('http', 'ws') }
}

describe.each(Object.entries(frameworks))('a hub in %s', (_, framework) => {
  describe.each(['/channels/news', '/live/news'])('at %s', (path) => {
    it('publishes, reads pages, and answers 304', async () => {
      const { origin } = await start(framework)
      const posted = await post(origin + path, [{ a: 1 }, 'x'.repeat(2_000)])
      expect([posted.status, posted.headers['stream-next-offset']]).toEqual([204, expect.any(String)])
      const page = await ask(`${origin}${path}?offset=-1`, { headers: { 'Accept-Encoding': 'identity' } })
      expect(page.json()).toEqual([{ a: 1 }, 'x'.repeat(2_000)])
      expect(page.headers).toMatchObject({
        'content-type': 'application/json',
        'cache-control': 'no-cache',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "sandbox; default-src 'none'",
        'cross-origin-resource-policy': 'same-origin',
      })
      const again = await ask(`${origin}${path}?offset=-1`, { headers: { 'If-None-Match': page.headers.etag! } })
      expect([again.status, again.text]).toEqual([304, ''])
    })

    it('streams events as they come', async () => {
      const { hub, origin } = await start(framework)
      const reader = await stream(origin + path, { headers: { 'Accept-Encoding': 'gzip, deflate, br' } })
      expect(reader.headers).toMatchObject({ 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
      expect(reader.headers).not.toHaveProperty('content-encoding')
      for (const n of [1, 2, 3]) {
        await hub.publish('news', n)
        expect((await reader.next()).data).toBe(String(n))
      }
      const resumed = await stream(origin + path, { headers: { 'Last-Event-ID': reader.lastEventId } })
      await hub.publish('news', 4, { close: true })
      expect((await resumed.next()).data).toBe('4')
      await Promise.all([reader.ended, resumed.ended])
      await expect.poll(() => hub.stats()).toMatchObject({ connections: 0, subscriptions: 0 })
    })

    it('answers long polls when something comes', async () => {
      const { hub, origin } = await start(framework)
      const polls = [ask(`${origin}${path}?live=poll`), ask(`${origin}${path}?live=long-poll&offset=now`)]
      await expect.poll(() => hub.stats().subscriptions).toBe(2)
      await hub.publish('news', 1)
      for (const { status, text } of await Promise.all(polls)) expect([status, text]).toEqual([200, '[1]'])
    })

    it('lets go of readers that leave', async () => {
      const { hub, origin } = await start(framework)
      const reader = await stream(origin + path)
      const poll = new AbortController()
      const polling = ask(`${origin}${path}?live=poll`, { signal: poll.signal }).catch(() => 'left')
      await expect.poll(() => hub.stats().subscriptions).toBe(2)
      reader.close()
      poll.abort()
      expect(await polling).toBe('left')
      await expect.poll(() => hub.stats()).toMatchObject({ connections: 0, subscriptions: 0 })
    })

    it('answers errors as itself', async () => {
      const { origin } = await start(framework)
      const refused = await ask(`${origin}${path}?offset=soon`)
      expect([refused.status, refused.code]).toEqual([400, 'bad-request'])
      expect((await post(origin + path, 1, { Origin: 'https://evil.example' })).status).toBe(403)
    })

    it('carries WebSockets both ways', async () => {
      const { origin, ws } = await start(framework)
      const socket = await connect(ws + path)
      socket.send('{"a":1}')
      expect(await socket.next()).toBe('{"a":1}')
      expect((await ask(origin + path)).json()).toEqual([{ a: 1 }])
    })
  })

  it('carries anywire.v1 at the mount path, over WebSocket and POST', async () => {
    const { origin, ws } = await start(framework)
    const socket = await session(`${ws}/channels`)
    socket.say({ type: 'publish', id: 1, channel: 'news', data: 1 })
    await socket.frame('published')
    const batch = await post(`${origin}/channels`, { subscribe: [{ channel: 'news', offset: '-1' }] })
    expect(batch.json()).toMatchObject([{ type: 'subscribed' }, { type: 'messages', messages: [{ data: 1 }] }])
  })

  it('leaves the rest to the framework', async () => {
    const { origin } = await start(framework)
    expect((await ask(origin)).text).toBe('own')
  })
})
