/** Every form × what a token may be: none, expired, for others, of another key, right, revoked, renewed, with less. */
import { describe, expect, it } from 'vitest'
import type { RevokeTarget } from '../../src/index.js'
import { endOf, everyForm, type Form, formsOfMany, opened } from '../support/clients/readers.js'
import { asks } from '../support/clients/refused.js'
import { ask } from '../support/clients/request.js'
import { connect, type SocketOptions, session } from '../support/clients/socket.js'
import { stream } from '../support/clients/sse.js'
import { ownTime } from '../support/own-time.js'
import { bearer, type Signed, secret, sign, worlds } from './worlds.js'

const now = Math.floor(Date.now() / 1_000)
const old = { jti: 'one', sid: 'of ann', iat: now - 100 }
const young = { jti: 'two', sid: 'of bob', iat: now - 10 }
const issuedBefore = (now - 50) * 1_000
const targets: Readonly<Record<string, RevokeTarget>> = {
  token: { token: 'one' },
  principal: { principal: 'ann', issuedBefore },
  session: { session: 'of ann' },
  channel: { channel: 'n', issuedBefore },
}

const refusals: readonly [what: string, signed: Signed, sentence: RegExp][] = [
  ['that has expired', { lifeMs: -10_000 }, /expired/],
  ['for another audience', { aud: 'https://other.example' }, /aud/],
  ['of another key', { secret: secret.replace('a', 'b') }, /signature/],
  ['with a grant that cannot be', { channels: { 'a//b': ['subscribe'] } }, /channels/],
]

describe.each(Object.keys(worlds))('over %s', (world) => {
  const serve = worlds[world]!()

  describe.each(everyForm)('%s', (form) => {
    it.each(refusals)('with a token %s is refused with 401 and a sentence', async (_, signed, sentence) => {
      const { there: server } = await serve()
      const { status, code, headers } = await asks[form](server, bearer(await sign(signed)))
      expect({ status, code }).toEqual({ status: 401, code: 'unauthorized' })
      expect(headers?.['www-authenticate']).toMatch(/^Bearer error="invalid_token", error_description="/)
      expect(headers?.['www-authenticate']).toMatch(sentence)
    })

    it('without a token is refused with 401, or waits for an `auth` frame', async () => {
      const { there: server } = await serve()
      if (form === 'anywire.v1') {
        const socket = await connect(server.socketUrl(), { protocols: ['anywire.v1'] })
        expect(await socket.frame('welcome')).not.toHaveProperty('principal')
        return
      }
      const { status, headers } = await asks[form](server, {})
      expect([status, headers?.['www-authenticate']]).toEqual([401, 'Bearer'])
    })

    it.each(Object.keys(targets))(
      'with a token whose %s is revoked is ended within 1 s, and refused then',
      async (what) => {
        const { here, there } = await serve()
        const [token, later] = [await sign({ claims: old }), await sign({ sub: 'bob', claims: young })]
        const reader = await opened(form, there, bearer(token))
        await opened(form, there, bearer(later))
        const sinceMs = ownTime()
        await here.hub.revoke(targets[what]!)
        await expect.poll(() => there.hub.stats().subscriptions, { interval: 5 }).toBe(form === 'many channels' ? 2 : 1)
        expect(sinceMs()).toBeLessThan(1_000)
        if (what === 'channel' && formsOfMany.includes(form)) return
        const refused = what === 'channel' ? 403 : 401
        expect(await reader.ended).toEqual(endOf(form, refused))
        const { status, headers } = await asks[form](there, bearer(token))
        expect([status, headers?.['www-authenticate']]).toEqual([refused, expect.stringContaining('revoked')])
        await opened(form, there, bearer(await sign({ claims: young })))
      },
    )

    it('with the right token reads, until that expires', async () => {
      const { there: server } = await serve()
      const reader = await opened(form, server, bearer(await sign({ lifeMs: 1_500 })))
      expect(server.hub.stats().connections).toBe(1)
      await reader.ended
      await expect.poll(() => server.hub.stats()).toMatchObject({ connections: 0, subscriptions: 0 })
    })
  })

  // A document is two channels. Its provider knows no statuses: it is let in, and told by a close code.
  describe('y-websocket', () => {
    const channels = { 'yjs/*': ['subscribe'], 'awareness/*': ['subscribe'] }
    const document = async () => {
      const { here, there } = await serve()
      there.hub.yjs('/yjs')
      const url = there.socketUrl().replace('/channels', '/yjs/n')
      const open = (options?: SocketOptions) => connect(url, options)
      const subscriptions = () => there.hub.stats().subscriptions
      return { url, open, subscriptions, revoke: (target: RevokeTarget) => here.hub.revoke(target) }
    }

    it.each(refusals)('with a token %s is closed with 4401 and a sentence', async (_, signed, sentence) => {
      const { open } = await document()
      const { closed } = await open({ headers: bearer(await sign({ channels, ...signed })) })
      expect(await closed).toEqual({ code: 4401, reason: expect.stringMatching(sentence) })
    })

    it('without a token is closed with 4401', async () => {
      const { open } = await document()
      expect((await (await open()).closed).code).toBe(4401)
    })

    it.each(Object.keys(targets))('with a token whose %s is revoked is ended, and refused then', async (what) => {
      const { open, subscriptions, revoke } = await document()
      const [token, later] = [
        await sign({ channels, claims: old }),
        await sign({ channels, sub: 'bob', claims: young }),
      ]
      const { closed } = await open({ headers: bearer(token) })
      const other = await open({ headers: bearer(later) })
      await expect.poll(subscriptions).toBe(4)
      await revoke(what === 'channel' ? { channel: 'yjs/n', issuedBefore } : targets[what]!)
      const code = what === 'channel' ? 4403 : 4401
      expect((await closed).code).toBe(code)
      expect(await (await open({ headers: bearer(token) })).closed).toEqual({
        code,
        reason: expect.stringContaining('revoked'),
      })
      other.send(Uint8Array.of(0, 0, 1, 0))
      await other.take(2)
    })

    it('with the right token, where its provider can show it, reads until that expires', async () => {
      const { url, subscriptions } = await document()
      const { closed } = await connect(`${url}?token=${await sign({ channels, lifeMs: 3_000 })}`)
      await expect.poll(subscriptions).toBe(2)
      await closed
      await expect.poll(subscriptions).toBe(0)
    })

    it('with a token with less, that comes after another, is closed with 4403', async () => {
      const { open, subscriptions } = await document()
      await open({ headers: bearer(await sign({ channels })) })
      await expect.poll(subscriptions).toBe(2)
      const { closed } = await open({ headers: bearer(await sign({ channels: { 'yjs/*': ['subscribe'] } })) })
      expect(await closed).toEqual({ code: 4403, reason: expect.stringContaining('awareness/yjs/n') })
    })
  })

  describe('a token with less, that comes after another', () => {
    const less = () => sign({ channels: { m: ['subscribe'] } })
    const single: readonly Form[] = ['plain SSE', 'durable SSE', 'many channels', 'durable long poll', 'plain poll']

    it.each([...single, 'plain WebSocket' as const])('is refused with 403 by %s, at its next request', async (form) => {
      const { there: server } = await serve()
      await opened(form, server, bearer(await sign()))
      const { status, headers } = await asks[form](server, bearer(await less()))
      const challenge = expect.stringContaining("lacks a grant of 'subscribe' that covers 'n'")
      expect([status, headers?.['www-authenticate']]).toEqual([403, challenge])
    })

    it('ends the channels in between over anywire.v1, in place, and no others', async () => {
      const { there: server } = await serve()
      const socket = await session(server.socketUrl(), { headers: bearer(await sign()) })
      socket.say({ type: 'subscribe', subscriptions: [{ channel: 'n' }, { channel: 'm' }] })
      await socket.frame('subscribed')
      await socket.frame('subscribed')
      socket.say({ type: 'auth', token: await less() })
      await socket.frame('authenticated')
      expect(await socket.frame('error')).toMatchObject({
        channel: 'n',
        code: 'forbidden',
        reason: 'insufficient_scope',
      })
      await server.hub.publish('n', 1)
      await server.hub.publish('m', 2)
      expect(await socket.frame('messages')).toMatchObject({ channel: 'm' })
    })

    it('is refused the channel by anywire.v1 over POST, stream and batch, which go on with others', async () => {
      const { url } = (await serve()).there
      const body = JSON.stringify({ subscribe: [{ channel: 'n' }, { channel: 'm', offset: '-1' }] })
      const headers = { ...bearer(await less()), 'Content-Type': 'application/json' }
      const events = await stream(url(), { method: 'POST', headers: { ...headers, Accept: 'text/event-stream' }, body })
      const types = [await events.next(), await events.next(), await events.next()].map(({ data }) => JSON.parse(data))
      expect(types).toMatchObject([{ type: 'welcome' }, { channel: 'n', code: 'forbidden' }, { type: 'subscribed' }])
      const batch = await ask(url(), { method: 'POST', headers, body: body.replace('}]', '}],"waitMs":1') })
      expect(batch.text).toMatch(/"code":"forbidden".*"channel":"n"/)
    })
  })

  describe('a token that is renewed', () => {
    it('lets anywire.v1 go on in place', async () => {
      const { there: server } = await serve()
      const socket = await session(server.socketUrl(), { headers: bearer(await sign({ lifeMs: 1_500 })) })
      const left = await session(server.socketUrl(), { headers: bearer(await sign({ lifeMs: 1_500 })) })
      socket.say({ type: 'auth', token: await sign() })
      await socket.frame('authenticated')
      expect((await left.closed).code).toBe(4401)
      socket.say({ type: 'ping' })
      await socket.frame('pong')
    })

    it('lets an event stream go on where it was, and each answer says until when', async () => {
      const { here, there } = await serve()
      const { url } = there
      const { hub } = here
      const open = async (token: string, more = {}) =>
        stream(url('n'), { headers: { ...bearer(token), Accept: 'text/event-stream', ...more } })
      const token = await sign({ lifeMs: 2_000 })
      const first = await open(token)
      expect(Number(first.headers['anywire-expires']) - Date.now()).toBeLessThan(2_000)
      await hub.publish('n', 1)
      const { id } = await first.next()
      // It is told to come back.
      await first.ended
      await hub.publish('n', 2)
      const second = await open(await sign(), { 'Last-Event-ID': id })
      expect((await second.next()).data).toBe('2')
      expect(Number(second.headers['anywire-expires']) - Date.now()).toBeGreaterThan(30_000)
    })
  })

  describe('the places of a token', () => {
    it('are header, cookie, subprotocol and query, for plain WebSockets too', async () => {
      const { here, there } = await serve()
      const { socketUrl } = there
      const { hub } = here
      const token = await sign()
      const sockets = [
        await connect(socketUrl('n'), { headers: bearer(token) }),
        await connect(socketUrl('n'), { headers: { Cookie: `sid=${token}` } }),
        await connect(socketUrl('n'), { protocols: ['anywire.plain', `anywire.token.${token}`] }),
        await connect(socketUrl(`n?token=${token}`)),
      ]
      await hub.publish('n', 1)
      for (const socket of sockets) expect(String(await socket.next())).toBe('1')
    })
  })
})
