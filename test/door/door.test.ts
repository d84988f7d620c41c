/** The door, end to end: who comes in, and what a foreign page can do. PROTOCOL.md 6 and 6.1. */
import { describe, expect, it } from 'vitest'
import type { Credential, HubOptions } from '../../src/index.js'
import { RawClient } from '../support/clients/raw-client.js'
import { ask, post, postText } from '../support/clients/request.js'
import { connect, refusal, session } from '../support/clients/socket.js'
import { stream } from '../support/clients/sse.js'
import { deferred } from '../support/core/deferred.js'
import { type HubServer, serveHub } from '../support/hub-server.js'

/** Takes every token for a name, but not `bad`; without one nobody comes in. */
const named = (credential?: Credential) =>
  credential === undefined || credential.token === 'bad' ? null : { id: credential.token }
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

describe('a credential', () => {
  /** Serves with `authenticate` that tells what it was shown. */
  async function shown(options: HubOptions = {}) {
    const seen: (Credential | undefined)[] = []
    const authenticate = (credential?: Credential) => {
      seen.push(credential)
      return { id: 'someone' }
    }
    const server = await serveHub({ cookie: 'sid', queryToken: true, ...options, authenticate })
    return { ...server, seen }
  }

  it('is looked for in the order of PROTOCOL.md: Authorization, cookie, subprotocol, query', async () => {
    const { socketUrl, seen } = await shown()
    const all = { Authorization: 'Bearer a', Cookie: 'x=1; sid=b' }
    const protocols = ['anywire.v1', 'anywire.token.c']
    await session(socketUrl('?token=d'), { headers: all, protocols: protocols.slice(1) })
    await session(socketUrl('?token=d'), { headers: { Cookie: all.Cookie }, protocols: protocols.slice(1) })
    await session(socketUrl('?token=d'), { protocols: protocols.slice(1) })
    await session(socketUrl('?token=d'))
    await session(socketUrl())
    expect(seen).toEqual([
      { kind: 'bearer', token: 'a' },
      { kind: 'cookie', token: 'b' },
      { kind: 'subprotocol', token: 'c' },
      { kind: 'query', token: 'd' },
      undefined,
    ])
  })

  it('in the query is not read unless that is switched on', async () => {
    const { url, seen } = await shown({ queryToken: false })
    await ask(url('n?token=d'))
    expect(seen).toEqual([undefined])
  })

  it('in a subprotocol is never echoed', async () => {
    const { socketUrl } = await shown()
    const plain = await connect(socketUrl('n'), { protocols: ['anywire.token.c'] }).catch(
      (error: Error) => error.message,
    )
    // A client that offers protocols and is given none refuses the connection itself: the token has not come back.
    expect(plain).toMatch(/no subprotocol/i)
    expect((await session(socketUrl(), { protocols: ['anywire.token.c'] })).protocol).toBe('anywire.v1')
  })

  it('in a cookie counts for nobody from a foreign page', async () => {
    const { url, seen } = await shown({ origins: ['https://app.example'] })
    const from = (origin: string) => ask(url('n'), { headers: { Cookie: 'sid=b', Origin: origin } })
    await from('https://evil.example')
    await from('null')
    await from('https://app.example')
    expect(seen).toEqual([undefined, undefined, { kind: 'cookie', token: 'b' }])
  })

  it('that is missing or wrong is answered 401 on every form', async () => {
    const { url, socketUrl } = await serveHub({ authenticate: named })
    const refused =
      'Bearer error="invalid_token", error_description="The credential is not accepted: come with another one."'
    for (const [headers, challenge] of [
      [{}, 'Bearer'],
      [bearer('bad'), refused],
    ] as const) {
      const answers = await Promise.all([
        ask(url('n'), { headers }),
        ask(url('n'), { headers: { ...headers, Accept: 'text/event-stream', 'Last-Event-ID': 'x' } }),
        ask(url('n?live=sse&offset=-1'), { headers }),
        ask(url('n?live=long-poll&offset=-1'), { headers }),
        ask(url('n?live=poll'), { headers }),
        ask(url('?channel=n'), { headers: { ...headers, Accept: 'text/event-stream' } }),
        post(url('n'), 1, headers),
        post(url(), { subscribe: [{ channel: 'n' }] }, headers),
        ask(url('n'), { method: 'PUT', headers }),
        ask(url('n'), { method: 'DELETE', headers }),
      ])
      for (const { status, code, headers: told } of answers)
        expect([status, code, told['www-authenticate']]).toEqual([401, 'unauthorized', challenge])
      expect(await refusal(socketUrl('n'), { headers })).toMatchObject({ status: 401, code: 'unauthorized' })
    }
    expect((await refusal(socketUrl(), { headers: bearer('bad'), protocols: ['anywire.v1'] })).status).toBe(401)
  })

  it('whose check fails gives nothing away', async () => {
    const authenticate = () => Promise.reject(new Error('ldap://secret'))
    const { url } = await serveHub({ authenticate, onError: () => undefined })
    const { status, text } = await ask(url('n'))
    expect(status).toBe(500)
    expect(text).not.toContain('secret')
  })
})

describe('an `auth` frame', () => {
  const open = (server: HubServer) => connect(server.socketUrl(), { protocols: ['anywire.v1'] })

  it('in time lets in, and says until when', async () => {
    const expiresAt = Date.now() + 60_000
    const server = await serveHub({ authenticate: (one) => one && { id: one.token, expiresAt } })
    const socket = await open(server)
    socket.say({ type: 'subscribe', subscriptions: [{ channel: 'n' }] })
    expect(await socket.frame('error')).toMatchObject({ code: 'unauthorized' })
    socket.say({ type: 'auth', token: 'ann' })
    expect(await socket.frame('authenticated')).toEqual({
      type: 'authenticated',
      principal: expect.any(String),
      expiresAt,
    })
    socket.say({ type: 'subscribe', subscriptions: [{ channel: 'n' }] })
    await socket.frame('subscribed')
  })

  it('may be followed by other frames at once', async () => {
    const checked = deferred()
    const authenticate = async (one?: Credential) => {
      if (one) await checked.promise
      return named(one)
    }
    const server = await serveHub({ authenticate })
    const socket = await open(server)
    socket.say({ type: 'auth', token: 'ann' })
    socket.say({ type: 'publish', id: 1, channel: 'n', data: 1 })
    socket.say({ type: 'publish', id: 2, channel: 'n', data: 2 })
    setImmediate(checked.resolve)
    expect(await socket.frame('published')).toMatchObject({ id: 1 })
    expect(await socket.frame('published')).toMatchObject({ id: 2 })
    expect(socket.frames().filter(({ type }) => type === 'error')).toEqual([])
  })

  it('comes before anything is read, what the URL asks for too', async () => {
    const server = await serveHub({ authenticate: named })
    await server.hub.publish('n', 'secret')
    const socket = await connect(server.socketUrl('n?offset=-1'), { protocols: ['anywire.v1'] })
    socket.say({ type: 'ping' })
    await socket.frame('error')
    expect(server.hub.stats().subscriptions).toBe(0)
    expect(socket.frames().map(({ type }) => type)).toEqual(['welcome'])
    socket.say({ type: 'auth', token: 'ann' })
    await socket.frame('authenticated')
    expect(await socket.frame('messages')).toMatchObject({ channel: 'n', messages: [{ data: 'secret' }] })
  })

  it('too late finds the connection closed with 4401', async () => {
    const server = await serveHub({ authenticate: named, limits: { authMs: 100 } })
    expect(await (await open(server)).closed).toMatchObject({ code: 4401, reason: expect.stringMatching(/auth/) })
  })

  it('with a token that is not accepted is answered with an error, and ends the connection with 4401', async () => {
    const socket = await open(await serveHub({ authenticate: named }))
    socket.say({ type: 'auth', token: 'bad' })
    expect(await socket.frame('error')).toMatchObject({ code: 'unauthorized' })
    expect((await socket.closed).code).toBe(4401)
  })

  it('of another principal ends the connection', async () => {
    const server = await serveHub({ authenticate: named })
    const socket = await session(server.socketUrl(), { headers: bearer('ann') })
    socket.say({ type: 'auth', token: 'bob' })
    expect(await socket.frame('error')).toMatchObject({ code: 'unauthorized' })
    expect((await socket.closed).code).toBe(4401)
  })

  it('renews: reading goes on beyond the first expiry', async () => {
    let lifeMs = 1_500
    const server = await serveHub({ authenticate: (one) => one && { id: 'ann', expiresAt: Date.now() + lifeMs } })
    const renewed = await session(server.socketUrl(), { headers: bearer('1') })
    const left = await session(server.socketUrl(), { headers: bearer('1') })
    lifeMs = 60_000
    renewed.say({ type: 'auth', token: '2' })
    await renewed.frame('authenticated')
    expect((await left.closed).code).toBe(4401)
    renewed.say({ type: 'ping' })
    await renewed.frame('pong')
  })
})

describe('a foreign page', () => {
  const evil = { Origin: 'https://evil.example' }

  it.each([
    ['a form', { 'Content-Type': 'application/x-www-form-urlencoded' }],
    ['text', { 'Content-Type': 'text/plain' }],
    ['a body without type', {}],
    ['JSON', { 'Content-Type': 'application/json' }],
    ['a sandboxed page', { 'Content-Type': 'text/plain', Origin: 'null' }],
    ['the same host on another port', { 'Content-Type': 'text/plain', Origin: 'http://127.0.0.1:1' }],
    ['another scheme of another host', { 'Content-Type': 'text/plain', Origin: 'https://localhost' }],
  ])('publishes nothing: %s', async (_, headers) => {
    const { url } = await serveHub()
    const answers = [
      await ask(url('n'), { method: 'POST', headers: { ...evil, ...headers }, body: '1' }),
      await ask(url(), {
        method: 'POST',
        headers: { ...evil, ...headers },
        body: '{"publish":[{"channel":"n","data":1}]}',
      }),
      await ask(url('n'), { method: 'PUT', headers: { ...evil, ...headers }, body: '1' }),
      await ask(url('n'), { method: 'DELETE', headers: { ...evil, ...headers } }),
    ]
    for (const { status, code } of answers) expect([status, code]).toEqual([403, 'forbidden'])
    expect((await ask(url('n'))).json()).toEqual([])
  })

  it('opens no WebSocket', async () => {
    const { socketUrl } = await serveHub()
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1']) {
      expect(await refusal(socketUrl('n'), { origin })).toMatchObject({ status: 403, code: 'forbidden' })
      expect((await refusal(socketUrl(), { origin, protocols: ['anywire.v1'] })).status).toBe(403)
    }
  })

  it('reads nothing: no answer names it in CORS headers, and each is same-origin', async () => {
    const { url } = await serveHub({ origins: ['https://app.example'] })
    for (const below of ['n', 'n?live=long-poll&offset=soon', 'n?offset=nonsense', '']) {
      const { headers } = await ask(url(below), { headers: evil })
      expect(headers).not.toHaveProperty('access-control-allow-origin')
      expect(headers['cross-origin-resource-policy']).toBe('same-origin')
    }
    const preflight = await ask(url('n'), {
      method: 'OPTIONS',
      headers: { ...evil, 'Access-Control-Request-Method': 'POST' },
    })
    expect(preflight.headers).not.toHaveProperty('access-control-allow-origin')
  })

  it('that is listed reads, publishes and opens WebSockets, with credentials', async () => {
    const { hub, url, socketUrl } = await serveHub({ origins: ['https://app.example'] })
    const headers = { Origin: 'https://app.example' }
    const cors = {
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': expect.stringContaining('Stream-Next-Offset'),
    }
    const read = { ...cors, 'cross-origin-resource-policy': 'cross-origin' }
    const preflight = await ask(url('n'), {
      method: 'OPTIONS',
      headers: { ...headers, 'Access-Control-Request-Method': 'POST' },
    })
    expect([preflight.status, preflight.headers]).toMatchObject([
      204,
      { ...cors, 'access-control-allow-headers': expect.stringContaining('last-event-id') },
    ])
    expect((await postText(url('n'), '1', { ...headers, 'Content-Type': 'application/json' })).headers).toMatchObject(
      cors,
    )
    expect((await ask(url('n'), { headers })).headers).toMatchObject(read)
    expect((await ask(url('n?offset=bad'), { headers })).headers).toMatchObject(read)
    expect((await stream(url('n'), { headers })).headers).toMatchObject(read)
    const socket = await connect(socketUrl('n'), { origin: 'https://app.example' })
    await hub.publish('n', 2)
    expect(await socket.next()).toBe('2')
  })

  it("is not this server's own", async () => {
    const { url, origin, socketUrl } = await serveHub()
    const own = await post(url('n'), 1, { Origin: origin })
    expect([own.status, own.headers['access-control-allow-origin']]).toEqual([204, undefined])
    await connect(socketUrl('n'), { origin })
  })
})

describe('a server without `authenticate`', () => {
  it.each(['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', '0.0.0.0', '[::]'])(
    'is not misled by the host name %j (DNS rebinding)',
    async (host) => {
      const { url, socketUrl } = await serveHub()
      const { status, code, headers } = await ask(url('n'), { headers: { Host: host } })
      expect([status, code]).toEqual([421, 'misdirected'])
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect((await refusal(socketUrl('n'), { headers: { Host: host } })).status).toBe(421)
      expect((await post(url('n'), 1, { Host: host })).status).toBe(421)
    },
  )

  it('does not serve who names no host', async () => {
    const { port } = await serveHub()
    const { head, ended } = await new RawClient(port, 'GET /channels/n HTTP/1.0\r\n\r\n').until(
      ({ head }) => head !== '',
    )
    expect(head).toMatch(/^HTTP\/1\.1 421 /)
    await ended
  })

  it('is known as localhost, by its loopback addresses, and by the names in `hosts`', async () => {
    const { url, port } = await serveHub({ hosts: ['box.example'] })
    for (const host of [
      'localhost',
      `localhost:${port}`,
      'LOCALHOST',
      '127.0.0.1',
      `[::1]:${port}`,
      'box.example',
      'Box.Example:80',
    ])
      expect((await ask(url('n'), { headers: { Host: host } })).status).toBe(200)
  })

  it('serves nobody on another machine, which a proxy it trusts may name', async () => {
    const { url, socketUrl } = await serveHub({ trustProxy: true })
    const from = (address: string) => ({ headers: { 'X-Forwarded-For': address } })
    for (const address of [
      '203.0.113.7',
      '127.0.0.1, 203.0.113.7',
      '203.0.113.7:4711',
      '[2001:db8::1]:4711',
      'unknown',
    ]) {
      expect((await ask(url('n'), from(address))).status).toBe(403)
      expect((await refusal(socketUrl('n'), from(address))).status).toBe(403)
    }
    expect((await ask(url('n'), from('203.0.113.7, 127.0.0.1'))).status).toBe(403)
    expect((await ask(url('n'), from('127.0.0.1, ::1'))).status).toBe(200)
  })
})

describe('X-Forwarded-*', () => {
  const headers = {
    'X-Forwarded-Host': 'app.example',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-For': '203.0.113.7',
    Origin: 'https://app.example',
  }
  const authenticate = () => ({ id: 'anyone' })

  it('count for nothing without `trustProxy`', async () => {
    const { url, hub } = await serveHub({ authenticate })
    expect((await post(url('n'), 1, headers)).status).toBe(403)
    expect(
      (await ask(url('n'), { method: 'PUT', headers: { ...headers, Origin: new URL(url()).origin } })).headers.location,
    ).toBe(url('n'))
    expect(hub.stats().connections).toBe(0)
  })

  it('give host, scheme and address with it', async () => {
    const { url } = await serveHub({ authenticate, trustProxy: true, limits: { connectionsPerAddress: 1 } })
    expect((await ask(url('n'), { method: 'PUT', headers })).headers.location).toBe('https://app.example/channels/n')
    expect(
      (await post(url('n'), 1, { ...headers, 'X-Forwarded-Proto': 'http', Origin: 'http://app.example' })).status,
    ).not.toBe(403)
    expect((await post(url('n'), 1, { ...headers, Origin: 'http://app.example' })).status).toBe(403)
    const from = (address: string) => stream(url('n?live=sse&offset=-1'), { headers: { 'X-Forwarded-For': address } })
    expect((await from('203.0.113.7')).status).toBe(200)
    expect((await from('203.0.113.7')).status).toBe(429)
    expect((await from('203.0.113.8')).status).toBe(200)
  })
})

describe('security headers', () => {
  const secure = {
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
    'cross-origin-resource-policy': 'same-origin',
  }

  it('stand on every answer, errors and upgrade refusals too', async () => {
    const { url, socketUrl, origin } = await serveHub({ limits: { pollMs: 20 }, rules: { no: { subscribe: false } } })
    const answers = [
      await ask(url('n')),
      await ask(url('n'), { headers: { 'If-None-Match': '*' } }),
      await ask(url('n'), { method: 'HEAD' }),
      await ask(url('n'), { method: 'OPTIONS' }),
      await ask(url('n'), { method: 'PATCH' }),
      await ask(url('n'), { method: 'PUT' }),
      await ask(url('m?live=poll')),
      await ask(url('m?live=long-poll&offset=-1')),
      await post(url('m'), 1),
      await post(url(), {}),
      await post(url(), { publish: [{ channel: 'm', data: 1 }] }),
      await ask(url('m'), { method: 'DELETE' }),
      await ask(url('m'), { method: 'DELETE' }),
      await ask(url('no')),
      await ask(url('a//b')),
      await ask(`${origin}/channels/%ff`),
      await ask(url()),
      await stream(url('m')),
      await stream(url('m?live=sse&offset=-1')),
      await stream(url('?channel=a')),
      await refusal(socketUrl('a//b')),
      await refusal(socketUrl('no')),
    ]
    for (const { status, headers } of answers) expect({ status, ...headers }).toMatchObject({ status, ...secure })
  })

  it('let no stored page run: what is neither JSON, text nor an event stream is an attachment', async () => {
    const { url } = await serveHub()
    const stored = async (name: string, type: string) => {
      await ask(url(name), { method: 'PUT', headers: { 'Content-Type': type }, body: '<script>alert(1)</script>' })
      return (await ask(url(name))).headers
    }
    for (const type of ['text/html', 'image/svg+xml', 'application/xhtml+xml', 'text/xml', 'application/octet-stream'])
      expect(await stored(type, type)).toMatchObject({
        ...secure,
        'content-type': type,
        'content-disposition': 'attachment',
      })
    expect(await stored('t', 'text/plain')).not.toHaveProperty('content-disposition')
    expect((await ask(url('json'))).headers).not.toHaveProperty('content-disposition')
  })
})

describe('a renewed token', () => {
  /** Reads `a` and `b` as ann, whose tokens name the channels that she may read. */
  async function reader() {
    const server = await serveHub({
      authenticate: (one) => one && { id: 'ann', may: one.token.split('-') },
      rules: { '*': { subscribe: async ({ principal, channel }) => (principal.may as string[]).includes(channel) } },
    })
    const socket = await session(server.socketUrl(), { headers: bearer('a-b') })
    socket.say({ type: 'subscribe', subscriptions: [{ channel: 'a' }, { channel: 'b' }] })
    for (const _ of 'ab') await socket.frame('subscribed')
    return { ...server, socket }
  }

  it('is judged anew: what it may not read any more ends, and says so', async () => {
    const { hub, socket } = await reader()
    socket.say({ type: 'auth', token: 'b-c' })
    await socket.frame('authenticated')
    expect(await socket.frame('error')).toMatchObject({ code: 'forbidden', channel: 'a' })
    await hub.publish('a', 'secret')
    await hub.publish('b', 'still')
    expect(await socket.frame('messages')).toMatchObject({ channel: 'b' })
    expect(hub.stats()).toMatchObject({ connections: 1, subscriptions: 1 })
    socket.say({ type: 'subscribe', subscriptions: [{ channel: 'c' }] })
    expect(await socket.frame('subscribed')).toMatchObject({ channel: 'c' })
  })

  it('that may read as much ends nothing', async () => {
    const { hub, socket } = await reader()
    socket.say({ type: 'auth', token: 'a-b' })
    await socket.frame('authenticated')
    socket.say({ type: 'ping' })
    await socket.frame('pong')
    expect(socket.frames()).toEqual([])
    expect(hub.stats().subscriptions).toBe(2)
  })
})

describe('what pages elsewhere may read', () => {
  const forms = (url: (below?: string) => string, headers: Record<string, string>) => [
    ask(url('n'), { headers }),
    ask(url('n'), { method: 'HEAD', headers }),
    ask(url('n'), { headers: { ...headers, 'If-None-Match': '*' } }),
    ask(url('n?offset=now'), { headers }),
    ask(url('n?live=poll'), { headers }),
    ask(url('n?live=long-poll&offset=now'), { headers }),
    ask(url('n?live=nothing'), { headers }),
    ask(url('n'), { method: 'OPTIONS', headers }),
    ask(url('$/client.js'), { headers }),
    post(url('n'), 1, headers),
    post(url(), { publish: [{ channel: 'n', data: 1 }] }, headers),
  ]

  it.each([
    ['no origin', {}],
    ['a listed one', { Origin: 'https://app.example' }],
    ['our own', { Origin: 'http://127.0.0.1' }],
    ['one that is not listed', { Origin: 'https://evil.example' }],
  ])('varies by origin wherever `origins` is set, whoever asks: %s', async (_, headers) => {
    const { url } = await serveHub({ origins: ['https://app.example'], limits: { pollMs: 20 } })
    for (const { status, headers: told } of await Promise.all(forms(url, headers))) {
      expect([status, told.vary]).toEqual([status, expect.stringMatching(/\bOrigin\b/)])
    }
  })

  it('is shown with credentials to listed origins only', async () => {
    const { url } = await serveHub({ origins: ['*', 'https://app.example'], limits: { pollMs: 20 } })
    for (const [origin, credentials] of [
      ['https://app.example', 'true'],
      ['https://any.example', undefined],
    ] as const) {
      for (const { headers } of await Promise.all(forms(url, { Origin: origin }))) {
        expect(headers['access-control-allow-origin']).toBe(origin)
        expect(headers['access-control-allow-credentials']).toBe(credentials)
      }
    }
  })

  it('does not vary where no origin is listed', async () => {
    const { url } = await serveHub()
    expect((await ask(url('n'), { headers: { Origin: 'https://a.example' } })).headers.vary).toBe('Accept')
  })
})

describe('a script or style that a channel holds', () => {
  it('is bytes to an element, over every form that shows its type', async () => {
    const { url } = await serveHub()
    for (const type of ['text/javascript', 'text/css']) {
      const name = type.replace('/', '-')
      await ask(url(name), { method: 'PUT', headers: { 'Content-Type': type }, body: 'body{}' })
      const { headers } = await ask(url(name))
      expect(headers).toMatchObject({ 'content-type': 'application/octet-stream', 'content-disposition': 'attachment' })
      expect(headers.vary).toContain('Sec-Fetch-Dest')
      const polled = await ask(url(`${name}?live=long-poll&offset=-1`))
      expect(polled.headers['content-type']).toBe('application/octet-stream')
      for (const shown of [{ 'Sec-Fetch-Dest': 'empty' }, bearer('any')])
        expect((await ask(url(name), { headers: shown })).headers['content-type']).toBe(type)
      for (const dest of ['script', 'style', 'worker', 'xslt', 'manifest'])
        expect((await ask(url(name), { headers: { 'Sec-Fetch-Dest': dest } })).status).toBe(403)
    }
  })
})

describe('the subprotocol credential', () => {
  it('works for a plain WebSocket that offers anywire.plain beside it, and is never echoed', async () => {
    const server = await serveHub({ authenticate: named })
    await server.hub.publish('n', 1)
    for (const protocols of [
      ['anywire.plain', 'anywire.token.ann'],
      ['anywire.token.ann', 'anywire.plain'],
    ]) {
      const socket = await connect(server.socketUrl('n?offset=-1'), { protocols })
      expect([await socket.next(), socket.protocol]).toEqual(['1', 'anywire.plain'])
    }
  })
})
