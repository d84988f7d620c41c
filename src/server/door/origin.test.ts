/** Tests of origins, host names and addresses. */
import { describe, expect, it } from 'vitest'
import { isLoopback, type OriginOptions, Origins } from './origin.js'

const app = 'https://app.example'

interface Asked {
  method?: string
  origin?: string
  host?: string
  from?: string
  encrypted?: boolean
  headers?: Record<string, string>
}

function request({
  method = 'GET',
  origin,
  host = 'anywire.test:8080',
  from = '127.0.0.1',
  encrypted,
  headers,
}: Asked) {
  return {
    method,
    headers: { host, ...(origin !== undefined && { origin }), ...headers },
    socket: { remoteAddress: from, encrypted },
  }
}

const standing = (asked: Asked, options: OriginOptions = { origins: [app] }) =>
  new Origins(options).standing(request(asked))

describe('origin', () => {
  it.each<[string | undefined, string]>([
    [undefined, 'absent'],
    ['http://anywire.test:8080', 'own'],
    ['https://anywire.test:8080', 'own'],
    [app, 'listed'],
    ['HTTPS://APP.EXAMPLE', 'listed'],
    ['null', 'foreign'],
    ['', 'foreign'],
    ['http://app.example', 'foreign'],
    ['https://app.example.evil.test', 'foreign'],
    ['https://anywire.test', 'foreign'],
    ['http://anywire.test:8080.evil.test', 'foreign'],
    ['chrome-extension://anywire.test:8080', 'foreign'],
  ])('%s is %s', (origin, expected) => {
    expect(standing({ ...(origin !== undefined && { origin }) })).toBe(expected)
  })

  it('is our own host with and without the default port', () => {
    expect(standing({ host: 'anywire.test:80', origin: 'http://anywire.test' })).toBe('own')
    expect(standing({ host: 'anywire.test:443', origin: 'https://anywire.test', encrypted: true })).toBe('own')
  })

  it('of an unencrypted page is foreign to an encrypted host', () => {
    expect(standing({ origin: 'http://anywire.test:8080', encrypted: true })).toBe('foreign')
    const headers = { 'x-forwarded-proto': 'https' }
    expect(standing({ origin: 'http://anywire.test:8080', headers }, { trustProxy: true })).toBe('foreign')
  })

  it('is held against the forwarded host only with trustProxy', () => {
    const asked = { origin: app, host: 'upstream', headers: { 'x-forwarded-host': 'app.example' } }
    expect(standing(asked, {})).toBe('foreign')
    expect(standing(asked, { trustProxy: true })).toBe('own')
  })

  it('is any where all are let in', () => {
    expect(standing({ origin: 'null' }, { origins: ['*'] })).toBe('any')
    expect(standing({ origin: app }, { origins: ['*', app] })).toBe('listed')
  })

  it('is echoed for allowed pages elsewhere only, with credentials if it is listed', () => {
    const origins = new Origins({ origins: [app, '*'] })
    const of = (origin?: string) => origins.sharing(request({ ...(origin && { origin }) }))
    expect(of(app)).toEqual({ origin: app, credentials: true, varies: true })
    expect(of('https://any.example')).toEqual({ origin: 'https://any.example', credentials: false, varies: true })
    expect(of('http://anywire.test:8080')).toEqual({ origin: undefined, credentials: false, varies: true })
    expect(of()).toEqual({ origin: undefined, credentials: false, varies: true })
    const none = { origin: undefined, credentials: false, varies: false }
    expect(new Origins().sharing(request({ origin: app }))).toEqual(none)
    const one = new Origins({ origins: [app] })
    expect(one.sharing(request({ origin: 'null' }))).toMatchObject({ origin: undefined, varies: true })
  })

  it.each([
    'capacitor://localhost',
    'ionic://localhost',
    'tauri://localhost',
    'app://obsidian.md',
    'chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb',
    'moz-extension://0c1e8a2c-aaaa-bbbb-cccc-1234567890ab',
    'vscode-webview://1abc',
  ])('of an app shell can be listed: %s', (shell) => {
    expect(standing({ origin: shell }, { origins: [shell] })).toBe('listed')
    expect(standing({ origin: shell }, {})).toBe('foreign')
    expect(standing({ origin: `${shell}.evil` }, { origins: [shell] })).toBe('foreign')
  })

  it.each([
    'app.example',
    'https://app.example/path',
    'https://*.example',
    'null',
    'file:///x',
    'file://x',
    'capacitor://',
    'capacitor://localhost/path',
    'data://x',
    'app://*',
  ])('cannot be listed as %s', (origin) => {
    expect(() => new Origins({ origins: [origin] })).toThrow('is no origin')
  })
})

describe('foreign page', () => {
  const origins = new Origins({ origins: [app] })
  const foreign = { origin: 'https://evil.test' }

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE'])('may not %s', (method) => {
    expect(() => origins.checkOrigin(request({ ...foreign, method }), false)).toThrow('may not do this')
  })

  it('may not post text/plain, which arrives without preflight', () => {
    const asked = { ...foreign, method: 'POST', headers: { 'content-type': 'text/plain' } }
    expect(() => origins.checkOrigin(request(asked), false)).toThrow(expect.objectContaining({ code: 'forbidden' }))
    expect(() => origins.checkOrigin(request({ ...asked, origin: 'null' }), false)).toThrow('"null"')
  })

  it('may not open a WebSocket', () => {
    expect(() => origins.checkOrigin(request(foreign), true)).toThrow('may not do this')
  })

  it('may ask with GET, whose answer it cannot read', () => {
    expect(() => origins.checkOrigin(request(foreign), false)).not.toThrow()
  })

  it('that is listed may do all of it', () => {
    expect(() => origins.checkOrigin(request({ origin: app, method: 'POST' }), false)).not.toThrow()
    expect(() => origins.checkOrigin(request({ origin: app }), true)).not.toThrow()
  })
})

describe('address', () => {
  const of = (asked: Asked, trustProxy: boolean) => new Origins({ trustProxy }).addressOf(request(asked))
  const forwarded = (value: string) => ({ from: '10.0.0.1', headers: { 'x-forwarded-for': value } })

  it('is the socket’s, whatever X-Forwarded-For says, without trustProxy', () => {
    expect(of(forwarded('127.0.0.1'), false)).toBe('10.0.0.1')
  })

  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['127.0.0.1, 203.0.113.9', '203.0.113.9'],
    ['203.0.113.9:5123', '203.0.113.9'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['', '10.0.0.1'],
  ])('is what the nearest proxy saw: %s', (value, expected) => {
    expect(of(forwarded(value), true)).toBe(expected)
  })

  it.each([
    ['127.0.0.1', true],
    ['127.8.9.10', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['10.0.0.1', false],
    ['127.evil.test', false],
    ['::ffff:10.0.0.1', false],
    ['', false],
  ])('%s is of this machine: %s', (address, expected) => {
    expect(isLoopback(address)).toBe(expected)
  })
})

describe('without authenticate', () => {
  const check =
    (asked: Asked, options: OriginOptions = {}) =>
    () =>
      new Origins(options).checkHost(request(asked), true)

  it.each(['localhost:8080', 'LOCALHOST', '127.0.0.1:8080', '[::1]:8080', '[::1]'])('%s is served', (host) => {
    expect(check({ host })).not.toThrow()
  })

  it.each(['evil.test', 'localhost.evil.test', 'localhost@evil.test', '127.0.0.1.evil.test', '', '192.168.0.7:8080'])(
    'a rebound host name is misdirected: %s',
    (host) => {
      expect(check({ host })).toThrow(expect.objectContaining({ code: 'misdirected' }))
    },
  )

  it('the names in hosts are served too', () => {
    expect(check({ host: 'dev.test:8080' }, { hosts: ['Dev.test'] })).not.toThrow()
    expect(check({ host: 'dev.test:8081' }, { hosts: ['dev.test:8080'] })).toThrow()
  })

  it('other machines are forbidden, whatever they forward', () => {
    const asked = { host: 'localhost', from: '10.0.0.1', headers: { 'x-forwarded-for': '127.0.0.1' } }
    expect(check(asked)).toThrow(expect.objectContaining({ code: 'forbidden' }))
  })

  it('a proxy on this machine does not make its clients local', () => {
    const asked = { host: 'localhost', headers: { 'x-forwarded-for': '127.0.0.1, 203.0.113.9' } }
    expect(check(asked, { trustProxy: true })).toThrow(expect.objectContaining({ code: 'forbidden' }))
  })

  it('a socket that is gone counts as another machine', () => {
    const origins = new Origins()
    expect(() => origins.checkHost({ headers: { host: 'localhost' }, socket: {} }, true)).toThrow('only this machine')
  })

  it.each([
    'forwarded',
    'x-forwarded-for',
    'x-forwarded-proto',
    'x-real-ip',
    'via',
    'cf-connecting-ip',
    'true-client-ip',
    'x-client-ip',
    'fly-client-ip',
    'fastly-client-ip',
    'x-cluster-client-ip',
    'x-original-forwarded-for',
    'x-original-host',
    'x-envoy-external-address',
    'cdn-loop',
  ])('what came through a proxy is forbidden, whatever %s says', (name) => {
    const asked = { host: 'localhost', headers: { [name]: '127.0.0.1' } }
    expect(check(asked)).toThrow(
      expect.objectContaining({ code: 'forbidden', message: expect.stringMatching(/trustProxy/) }),
    )
  })

  it.each([
    ['127.0.0.1', true],
    ['[::1]:4711', true],
    ['127.0.0.1, ::1', true],
    ['203.0.113.9', false],
    ['203.0.113.9, 127.0.0.1', false],
    ['unknown', false],
    ['127.0.0.1.evil', false],
  ])('with trustProxy everybody in the chain has to be local: %s', (chain, served) => {
    const asked = { host: 'localhost', headers: { 'x-forwarded-for': chain } }
    const quoted = chain.split(', ').map((one) => `for="${one}"`)
    const standard = { host: 'localhost', headers: { forwarded: quoted.join(', ') } }
    for (const checked of [check(asked, { trustProxy: true }), check(standard, { trustProxy: 'forwarded' })]) {
      if (served) expect(checked).not.toThrow()
      else expect(checked).toThrow(expect.objectContaining({ code: 'forbidden' }))
    }
  })

  it.each([
    [{ via: '1.1 a' }, true],
    [{ 'x-real-ip': '127.0.0.1' }, true],
    [{ forwarded: 'for=127.0.0.1' }, true],
    [{ 'x-forwarded-for': '127.0.0.1', forwarded: 'for=203.0.113.9' }, true],
    [{ 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '203.0.113.9' }, true],
    [{ 'x-forwarded-for': '127.0.0.1' }, 'forwarded' as const],
    [{ forwarded: 'for="127.0.0.1' }, 'forwarded' as const],
  ])('with trustProxy a proxy that does not say who asks is forbidden: %j', (headers, trustProxy) => {
    expect(check({ host: 'localhost', headers }, { trustProxy })).toThrow(
      expect.objectContaining({ code: 'forbidden' }),
    )
  })

  it.each([true, 'forwarded'] as const)(
    'with trustProxy a proxy on another machine is forbidden (%s)',
    (trustProxy) => {
      const headers = { 'x-forwarded-for': '127.0.0.1', forwarded: 'for=127.0.0.1;host=localhost' }
      expect(check({ from: '10.0.0.1', host: 'localhost', headers }, { trustProxy })).toThrow(
        expect.objectContaining({ code: 'forbidden' }),
      )
      expect(check({ host: 'localhost', headers }, { trustProxy })).not.toThrow()
    },
  )

  it('with trustProxy a proxy that connects by a Unix socket is on this machine', () => {
    const origins = new Origins({ trustProxy: true })
    const headers = { host: 'localhost', 'x-forwarded-for': '127.0.0.1' }
    expect(() => origins.checkHost({ headers, socket: {} }, true)).not.toThrow()
  })

  it.each([true, 'forwarded'] as const)(
    'with trustProxy a page that was bound to this machine is misdirected (%s)',
    (trustProxy) => {
      const headers = {
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-host': 'localhost',
        forwarded: 'for=127.0.0.1;host=localhost',
      }
      const asked = { host: 'evil.example:8080', headers }
      expect(check(asked, { trustProxy })).toThrow(expect.objectContaining({ code: 'misdirected' }))
      expect(check({ host: 'upstream', headers }, { trustProxy, hosts: ['upstream'] })).not.toThrow()
    },
  )

  it.each(['cf-connecting-ip', 'true-client-ip', 'x-client-ip', 'fly-client-ip', 'x-cluster-client-ip'])(
    'with trustProxy a client elsewhere, named by %s, is forbidden',
    (name) => {
      const headers = { 'x-forwarded-for': '127.0.0.1', [name]: '203.0.113.9' }
      expect(check({ host: 'localhost', headers }, { trustProxy: true })).toThrow(
        expect.objectContaining({ code: 'forbidden' }),
      )
    },
  )

  it('with trustProxy who comes without a proxy is served', () => {
    expect(check({ host: 'localhost' }, { trustProxy: true })).not.toThrow()
  })
})

describe('with authenticate', () => {
  const check =
    (asked: Asked, options: OriginOptions = {}) =>
    () =>
      new Origins(options).checkHost(request(asked), false)

  it('any host is served, unless hosts names those that are', () => {
    expect(check({ host: 'any.example' })).not.toThrow()
    expect(check({ host: 'box.example:81' }, { hosts: ['box.example'] })).not.toThrow()
    expect(check({ host: 'localhost' }, { hosts: ['box.example'] })).not.toThrow()
    expect(check({ host: 'evil.example' }, { hosts: ['box.example'] })).toThrow(
      expect.objectContaining({ code: 'misdirected' }),
    )
  })

  it('hosts are held against the forwarded host with trustProxy', () => {
    const options = { hosts: ['box.example'], trustProxy: true }
    const headers = (host: string) => ({ 'x-forwarded-host': host })
    expect(check({ host: 'upstream', headers: headers('box.example') }, options)).not.toThrow()
    expect(check({ host: 'box.example', headers: headers('evil.example') }, options)).toThrow()
  })

  it('requests of proxies are served', () => {
    expect(check({ from: '10.0.0.1', headers: { via: '1.1 a', 'x-forwarded-for': '203.0.113.9' } })).not.toThrow()
  })
})

describe('two hosts', () => {
  const check = (headers: Record<string, string>, rawHeaders: string[]) => () =>
    new Origins().checkHost({ ...request({}), headers, rawHeaders }, false)

  it('are a bad request, even if they are the same', () => {
    for (const second of ['a', 'b']) {
      expect(check({ host: 'a' }, ['Host', 'a', 'HOST', second])).toThrow(
        expect.objectContaining({ code: 'bad-request' }),
      )
    }
    expect(check({ host: 'a' }, ['Host', 'a', 'X', 'Host'])).not.toThrow()
  })

  it('of HTTP/2 are an authority and another host', () => {
    expect(check({ ':authority': 'a', host: 'b' }, [':authority', 'a', 'host', 'b'])).toThrow('two hosts')
    expect(check({ ':authority': 'a', host: 'a' }, [':authority', 'a', 'host', 'a'])).not.toThrow()
  })
})
