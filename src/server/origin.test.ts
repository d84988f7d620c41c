/** Tests of origins, host names and addresses. */
import { describe, expect, it } from 'vitest'
import { createOrigins, isLoopback, type OriginOptions } from './origin.js'

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
  createOrigins(options).standing(request(asked))

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

  it('is echoed for allowed pages elsewhere only', () => {
    const { echo } = createOrigins({ origins: [app] })
    const origins = [undefined, app, 'http://anywire.test:8080', 'null']
    expect(origins.map((origin) => echo(request({ ...(origin && { origin }) })))).toEqual([
      undefined,
      app,
      undefined,
      undefined,
    ])
  })

  it.each(['app.example', 'https://app.example/path', 'https://*.example', 'null', 'file:///x'])(
    'cannot be listed as %s',
    (origin) => {
      expect(() => createOrigins({ origins: [origin] })).toThrow('is no origin')
    },
  )
})

describe('foreign page', () => {
  const { checkOrigin } = createOrigins({ origins: [app] })
  const foreign = { origin: 'https://evil.test' }

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE'])('may not %s', (method) => {
    expect(() => checkOrigin(request({ ...foreign, method }), false)).toThrow('may not do this')
  })

  it('may not post text/plain, which arrives without preflight', () => {
    const asked = { ...foreign, method: 'POST', headers: { 'content-type': 'text/plain' } }
    expect(() => checkOrigin(request(asked), false)).toThrow(expect.objectContaining({ code: 'forbidden' }))
    expect(() => checkOrigin(request({ ...asked, origin: 'null' }), false)).toThrow('"null"')
  })

  it('may not open a WebSocket', () => {
    expect(() => checkOrigin(request(foreign), true)).toThrow('may not do this')
  })

  it('may ask with GET, whose answer it cannot read', () => {
    expect(() => checkOrigin(request(foreign), false)).not.toThrow()
  })

  it('that is listed may do all of it', () => {
    expect(() => checkOrigin(request({ origin: app, method: 'POST' }), false)).not.toThrow()
    expect(() => checkOrigin(request({ origin: app }), true)).not.toThrow()
  })
})

describe('address', () => {
  const of = (asked: Asked, trustProxy: boolean) => createOrigins({ trustProxy }).addressOf(request(asked))
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
      createOrigins(options).checkLocal(request(asked))

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
    const { checkLocal } = createOrigins()
    expect(() => checkLocal({ headers: { host: 'localhost' }, socket: {} })).toThrow('only this machine')
  })
})
