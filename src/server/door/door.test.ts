/** Tests of the door. */
import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { AnywireError } from '../../protocol/error.js'
import type { Authenticate } from '../options.js'
import { createDoor, type DoorOptions, localPrincipal } from './door.js'

/** What the door looks at of a request; `IncomingMessage` has more. */
function request(headers: Record<string, string> = {}, more: { method?: string; from?: string } = {}): IncomingMessage {
  const asked = {
    method: more.method ?? 'GET',
    url: '/channels/news',
    headers: { host: 'localhost:8080', ...headers },
    socket: { remoteAddress: more.from ?? '127.0.0.1' },
  }
  return asked as unknown as IncomingMessage
}

const known: Authenticate = (credential) => (credential?.token === 'good' ? { id: 'ada' } : null)
const good = { authorization: 'Bearer good' }
const code = (expected: string) => expect.objectContaining({ code: expected })

describe('door without authenticate', () => {
  const door = createDoor()

  it('lets this machine in, at once and without making anything of it', () => {
    const admission = door.admit(request())
    expect(admission).toMatchObject({ principal: localPrincipal, credentialed: false, address: '127.0.0.1' })
    expect(admission).toMatchObject({ sharing: { origin: undefined } })
    expect(Object.isFrozen(localPrincipal)).toBe(true)
  })

  it('refuses other machines, rebound names and foreign pages', () => {
    expect(() => door.admit(request({}, { from: '10.0.0.1' }))).toThrow(code('forbidden'))
    expect(() => door.admit(request({ host: 'evil.test:8080' }))).toThrow(code('misdirected'))
    expect(() => door.admit(request({ origin: 'null' }, { method: 'POST' }))).toThrow(code('forbidden'))
    expect(() => door.admit(request({ origin: 'https://evil.test' }), { websocket: true })).toThrow(code('forbidden'))
  })

  it('refuses a rebound page even though its origin is the host it asked for', () => {
    const rebound = { host: 'evil.test:8080', origin: 'http://evil.test:8080' }
    expect(() => door.admit(request(rebound, { method: 'POST' }))).toThrow(code('misdirected'))
  })
})

describe('door with authenticate', () => {
  const admit = (headers: Record<string, string>, options: DoorOptions = {}, how = {}) =>
    createDoor({ authenticate: known, ...options }).admit(request({ host: 'anywire.test', ...headers }), how)

  it('answers without a promise when authenticate does', () => {
    expect(admit(good)).toMatchObject({ principal: { id: 'ada' }, credentialed: true })
  })

  it('answers with a promise when authenticate does', async () => {
    const admission = admit(good, { authenticate: async (...given) => known(...given) })
    expect(admission).toBeInstanceOf(Promise)
    await expect(admission).resolves.toMatchObject({ principal: { id: 'ada' } })
    const refused = admit({}, { authenticate: async () => null })
    await expect(refused).rejects.toMatchObject({ code: 'unauthorized' })
  })

  it('refuses a credential that is not accepted, and a request without', () => {
    expect(() => admit({ authorization: 'Bearer bad' })).toThrow('not accepted')
    expect(() => admit({})).toThrow('none came')
  })

  it('lets whoever authenticate names come in without credential', () => {
    const admission = admit({}, { authenticate: () => ({ id: 'guest' }) })
    expect(admission).toMatchObject({ principal: { id: 'guest' }, credentialed: false })
  })

  it('refuses a principal that has expired', () => {
    const until = (expiresAt: number) => () =>
      admit(good, { authenticate: () => ({ id: 'ada', expiresAt }), now: () => 1_000 })
    expect(until(1_000)).toThrow(code('unauthorized'))
    expect(until(1_001)).not.toThrow()
  })

  it('gives nothing away of a failure, and passes on an AnywireError', async () => {
    const fail = (thrown: unknown) => () => {
      throw thrown
    }
    expect(() => admit(good, { authenticate: fail(new Error('db down')) })).toThrow(code('internal'))
    expect(() => admit(good, { authenticate: fail(new AnywireError('too-many', 'Slow down.')) })).toThrow('Slow down.')
    const later = admit(good, { authenticate: () => Promise.reject(new Error('db down')) })
    await expect(later).rejects.toMatchObject({ code: 'internal' })
  })

  it.each([{}, { id: 7 }, { id: '' }, { id: 'x'.repeat(1_025) }, { id: 'a', expiresAt: 'tomorrow' }, 'ada'])(
    'takes %j for a mistake of the server',
    (answer) => {
      expect(() => admit(good, { authenticate: () => answer as never })).toThrow(code('internal'))
    },
  )

  it('does not count a cookie that a foreign page made the browser send', () => {
    const headers = { cookie: 'session=good' }
    const options = { cookie: 'session', origins: ['https://app.example'] }
    expect(admit(headers, options)).toMatchObject({ principal: { id: 'ada' } })
    expect(admit({ ...headers, origin: 'https://app.example' }, options)).toMatchObject({
      principal: { id: 'ada' },
      sharing: { origin: 'https://app.example' },
    })
    expect(() => admit({ ...headers, origin: 'https://evil.test' }, options)).toThrow(code('unauthorized'))
    expect(() => admit({ ...headers, origin: 'null' }, { ...options, origins: ['*'] })).toThrow(code('unauthorized'))
  })

  it('takes a token from the subprotocol of a WebSocket', () => {
    const headers = { 'sec-websocket-protocol': 'anywire.v1, anywire.token.good' }
    expect(admit(headers, {}, { websocket: true })).toMatchObject({ principal: { id: 'ada' } })
  })

  it('lets an anywire.v1 WebSocket without credential wait for its auth frame', () => {
    const headers = { 'sec-websocket-protocol': 'anywire.v1' }
    expect(admit(headers, {}, { websocket: true })).toMatchObject({ pending: true, credentialed: false })
  })

  it('lets nothing else wait', () => {
    expect(() => admit({}, {}, { websocket: true })).toThrow(code('unauthorized'))
    const bad = { 'sec-websocket-protocol': 'anywire.v1, anywire.token.bad' }
    expect(() => admit(bad, {}, { websocket: true })).toThrow(code('unauthorized'))
  })

  it('says who the token of an auth frame stands for', () => {
    const door = createDoor({ authenticate: known })
    expect(door.authenticateFrame('good', request())).toEqual({ id: 'ada' })
    expect(() => door.authenticateFrame('bad', request())).toThrow(code('unauthorized'))
  })
})
