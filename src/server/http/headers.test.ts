/** Tests of the headers that every answer carries. */
import { describe, expect, it } from 'vitest'
import { AnywireError } from '../../protocol/error.js'
import { preflight, unshared } from './cors.js'
import { errorResponse, securityHeaders } from './headers.js'

/** Raw headers as an object, names in lower case. */
function named(raw: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {}
  for (let index = 0; index < raw.length; index += 2) found[raw[index]!.toLowerCase()] = raw[index + 1]!
  return found
}

const app = 'https://app.example'
const listed = { origin: app, credentials: true, varies: true }

describe('security headers', () => {
  it('keep a channel from running as a page', () => {
    expect(named(securityHeaders('text/html'))).toEqual({
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'content-disposition': 'attachment',
    })
  })

  it.each(['application/json; charset=utf-8', 'text/plain', 'text/event-stream', undefined])(
    'attach nothing for %s',
    (type) => {
      expect(named(securityHeaders(type))['content-disposition']).toBeUndefined()
    },
  )

  it.each(['image/svg+xml', 'text/xml', 'application/octet-stream', 'TEXT/HTML'])('attach %s', (type) => {
    expect(named(securityHeaders(type))['content-disposition']).toBe('attachment')
  })

  it('let a page of the echoed origin read, with credentials', () => {
    expect(named(securityHeaders('application/json', listed))).toMatchObject({
      'cross-origin-resource-policy': 'cross-origin',
      'access-control-allow-origin': app,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': expect.stringContaining('Stream-Next-Offset'),
      vary: 'Origin',
    })
  })
})

describe('preflight', () => {
  it('names what an allowed page may send', () => {
    const { status, headers } = preflight(listed)
    const found = named(headers)
    expect(status).toBe(204)
    expect(found).toMatchObject({ 'access-control-allow-origin': app, 'access-control-max-age': '7200' })
    expect(found['access-control-allow-headers']).toContain('if-none-match')
    expect(found['access-control-allow-methods']).toContain('DELETE')
  })

  it('names no origin to others', () => {
    const found = named(preflight(unshared).headers)
    expect(found['access-control-allow-origin']).toBeUndefined()
    expect(found['access-control-allow-headers']).toContain('last-event-id')
  })
})

describe('error response', () => {
  const answer = (...error: ConstructorParameters<typeof AnywireError>) => {
    const { status, headers, body } = errorResponse(new AnywireError(...error))
    return { status, headers: named(headers), body: JSON.parse(body.toString()) }
  }

  it('tells code, sentence and facts', () => {
    const { status, headers, body } = answer('too-many', 'Slow down.', { details: { retryMs: 1_500 } })
    expect(status).toBe(429)
    expect(body).toEqual({ anywire: 1, error: { code: 'too-many', message: 'Slow down.', retryMs: 1_500 } })
    expect(headers).toMatchObject({
      'retry-after': '2',
      'cache-control': 'no-store',
      'content-type': 'application/json',
    })
  })

  it('tells facts that have a header there too', () => {
    expect(answer('closed', 'x', { details: { offset: '1_1' } }).headers).toMatchObject({
      'stream-closed': 'true',
      'stream-next-offset': '1_1',
    })
    expect(answer('fenced', 'x', { details: { epoch: 3 } }).headers).toMatchObject({ 'producer-epoch': '3' })
    expect(answer('sequence-gap', 'x', { details: { expected: 0, received: 2 } }).headers).toMatchObject({
      'producer-expected-seq': '0',
      'producer-received-seq': '2',
    })
    expect(answer('unauthorized', 'x').headers).toMatchObject({ 'www-authenticate': 'Bearer' })
    expect(answer('store-down', 'x').headers).toMatchObject({ 'retry-after': '1' })
  })

  it('gives nothing away of what is no AnywireError', () => {
    const { status, body } = errorResponse(new Error('password is 1234'))
    expect([status, body.includes('1234')]).toEqual([500, false])
  })
})
