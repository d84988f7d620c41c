/** Signed URLs on every form: what they allow, for how long, and what becomes of one that was changed. */
import { describe, expect, it } from 'vitest'
import { AnywireError, createHub, type HubOptions } from '../../src/index.js'
import { respelt } from '../support/base64.js'
import { ask, post } from '../support/clients/request.js'
import { connect, refusal } from '../support/clients/socket.js'
import { stream } from '../support/clients/sse.js'
import { serveHub } from '../support/hub-server.js'

const secret = 'a secret of 32 bytes or more, for URLs'
const closed: HubOptions = { authenticate: (one) => one && { id: one.token }, signedUrls: { secret }, cookie: 'sid' }
const sse = { Accept: 'text/event-stream' }

describe('a signed URL', () => {
  it('lets its holder read its channel on every form, and says until when', async () => {
    const { origin, hub } = await serveHub(closed)
    const url = origin + hub.signUrl('chat/ä b', { lifeMs: 60_000 })
    await hub.publish('chat/ä b', 1)
    expect((await ask(url)).json()).toEqual([1])
    expect((await ask(`${url}&live=long-poll&offset=-1`)).json()).toEqual([1])
    const events = await stream(`${url}&offset=-1`, { headers: sse })
    expect((await events.next()).data).toBe('1')
    expect(Number(events.headers['anywire-expires'])).toBeGreaterThan(Date.now())
    const many = await stream(`${url.replace('/chat/%C3%A4%20b?', '?channel=chat/ä b&')}&offset=-1`, { headers: sse })
    expect(JSON.parse((await many.next()).data)).toMatchObject({ channel: 'chat/ä b', data: 1 })
    const socket = await connect(`${url.replace('http', 'ws')}&offset=-1`)
    expect(String(await socket.next())).toBe('1')
  })

  it('allows nothing else, where a rule does without grants neither', async () => {
    const server = await serveHub({ ...closed, rules: { open: { grants: false } } })
    const [, grant] = server.hub.signUrl('c', { principal: 'ann' }).split('?')
    for (const channel of ['c2', 'c/x', 'open']) {
      expect(await ask(server.url(`${channel}?${grant}`))).toMatchObject({ status: 403, code: 'forbidden' })
    }
    expect((await post(server.url(`c?${grant}`), 1)).status).toBe(403)
    const write = server.hub.signUrl('c', { actions: ['publish'] })
    expect((await post(server.origin + write, 1)).status).toBe(204)
    expect((await ask(server.origin + write)).status).toBe(403)
  })

  it('stands for a principal of its own, or for the one that it names', async () => {
    const seen: string[] = []
    const rules = { c: { subscribe: ({ principal }: { principal: { id: string } }) => seen.push(principal.id) > 0 } }
    const { origin, hub } = await serveHub({ ...closed, rules })
    for (const principal of [undefined, undefined, 'ann']) await ask(origin + hub.signUrl('c', { principal }))
    await ask(origin + hub.signUrl('c', { lifeMs: 1_000 }))
    expect(seen.map((id) => id.replace(/^signed [\w-]{22}$/, 'own'))).toEqual(['own', 'own', 'ann', 'own'])
  })

  it('counts before a cookie, and not beside a header', async () => {
    const { origin, hub, url } = await serveHub(closed)
    const [, grant] = hub.signUrl('c').split('?')
    expect((await ask(url(`x?${grant}`), { headers: { Cookie: 'sid=ann' } })).status).toBe(403)
    expect((await ask(url(`x?${grant}`), { headers: { Authorization: 'Bearer ann' } })).status).toBe(200)
    expect((await ask(`${origin}/channels/x`, { headers: { Cookie: 'sid=ann' } })).status).toBe(200)
  })

  it('is refused once it has expired, was changed, or was signed with another secret', async () => {
    const { url, hub, socketUrl } = await serveHub(closed)
    const grant = hub.signUrl('c').split('grant=')[1]!
    const [text = '', mac = ''] = grant.split('.')
    const later = Buffer.from(text, 'base64url').toString().replace(/\d+/, '9999999999999')
    const stranger = createHub({ ...closed, signedUrls: { secret: secret.toUpperCase() } })
    const other = stranger.signUrl('c').split('grant=')[1]!
    const wrong = [
      `${Buffer.from(later).toString('base64url')}.${mac}`,
      `${text}.`,
      text,
      `${grant}.`,
      ...respelt(grant),
      '',
      'x'.repeat(9_000),
      other,
    ]
    for (const one of wrong) {
      expect([one, await ask(url(`c?grant=${one}`))]).toMatchObject([one, { status: 401, code: 'unauthorized' }])
    }
    expect((await refusal(socketUrl(`c?grant=${other}`))).status).toBe(401)
    const soon = hub.signUrl('c', { lifeMs: 1 }).split('grant=')[1]
    await expect.poll(async () => (await ask(url(`c?grant=${soon}`))).status).toBe(401)
    await stranger.close()
  })

  it('holds with the secret before, too', async () => {
    const before = createHub(closed)
    const { origin } = await serveHub({ ...closed, signedUrls: { secret: [secret.toUpperCase(), secret] } })
    expect((await ask(origin + before.signUrl('c'))).status).toBe(200)
    await before.close()
  })

  it('counts for nothing unless that is switched on', async () => {
    const { hub } = await serveHub(closed)
    const server = await serveHub({ ...closed, signedUrls: undefined })
    expect((await ask(server.origin + hub.signUrl('c'))).status).toBe(401)
    expect(() => server.hub.signUrl('c')).toThrow(AnywireError)
  })

  it.each<[string, () => unknown, RegExp]>([
    ['a short secret', () => createHub({ ...closed, signedUrls: { secret: 'short' } }), /32 bytes/],
    ['no secret', () => createHub({ ...closed, signedUrls: { secret: [] } }), /32 bytes/],
    ['no `authenticate`', () => createHub({ signedUrls: { secret } }), /authenticate/],
    ['an unknown action', () => createHub(closed).signUrl('c', { actions: ['read' as 'subscribe'] }), /actions/],
    ['no action', () => createHub(closed).signUrl('c', { actions: [] }), /actions/],
    ['a name that is none', () => createHub(closed).signUrl('a//b'), /empty segment/],
  ])('cannot be made with %s', (_, make, sentence) => {
    expect(make).toThrow(sentence)
  })
})
