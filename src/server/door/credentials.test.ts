/** Tests of where credentials are found, and kept out of logs. */
import { describe, expect, it } from 'vitest'
import { type CredentialFacts, findCredential, redact } from './credentials.js'

const places = { cookie: 'session', queryToken: true }
const facts = { cookieCounts: true, websocket: true }

function find(headers: Record<string, string>, more: Partial<CredentialFacts> & { url?: string } = {}) {
  return findCredential({ headers, url: more.url ?? '/channels/news' }, places, { ...facts, ...more })
}

describe('credential', () => {
  it('is looked for in the order of the protocol', () => {
    const headers: Record<string, string> = {
      authorization: 'Bearer one',
      cookie: 'session=two',
      'sec-websocket-protocol': 'anywire.v1, anywire.token.three',
    }
    const url = '/channels/news?token=four'
    const kinds = [find(headers, { url })]
    for (const name of Object.keys(headers)) {
      delete headers[name]
      kinds.push(find(headers, { url }))
    }
    expect(kinds).toEqual([
      { kind: 'bearer', token: 'one' },
      { kind: 'cookie', token: 'two' },
      { kind: 'subprotocol', token: 'three' },
      { kind: 'query', token: 'four' },
    ])
  })

  it('is not another scheme of Authorization, nor an empty one', () => {
    expect(find({ authorization: 'Basic YTpi' })).toBeUndefined()
    expect(find({ authorization: 'Bearer ' })).toBeUndefined()
    expect(find({ authorization: 'bearer x' })).toEqual({ kind: 'bearer', token: 'x' })
    expect(find({ 'sec-websocket-protocol': 'anywire.token.' })).toBeUndefined()
    expect(find({}, { url: '/channels/news?token=' })).toBeUndefined()
  })

  it('is no cookie that a foreign page made the browser send', () => {
    expect(find({ cookie: 'session=two' }, { cookieCounts: false })).toBeUndefined()
  })

  it.each([
    ['a=b; session="quoted"; c=d', 'quoted'],
    ['session=a%20b', 'a b'],
    ['session=100%', '100%'],
    ['session=with=equals', 'with=equals'],
    ['mysession=no; Session=no', undefined],
  ])('is read from the cookie %s', (cookie, token) => {
    expect(find({ cookie })?.token).toBe(token)
  })

  it('is no subprotocol of a request that is no WebSocket', () => {
    expect(find({ 'sec-websocket-protocol': 'anywire.token.x' }, { websocket: false })).toBeUndefined()
  })

  it('is neither cookie nor query unless that was asked for', () => {
    const request = { headers: { cookie: 'session=two' }, url: '/channels/news?token=four' }
    expect(findCredential(request, {}, facts)).toBeUndefined()
  })
})

describe('redact', () => {
  it.each([
    ['/channels/news', '/channels/news'],
    ['/channels/news?offset=now', '/channels/news?offset=now'],
    ['/c?a=1&token=secret&b=2', '/c?a=1&token=[redacted]&b=2'],
    ['/c?%74oken=secret', '/c?token=[redacted]'],
    ['/c?grant=secret&offset=1', '/c?grant=[redacted]&offset=1'],
    ['/c?token=a&token=secret', '/c?token=[redacted]&token=[redacted]'],
  ])('%s', (url, expected) => {
    expect(redact(url)).toBe(expected)
  })
})
