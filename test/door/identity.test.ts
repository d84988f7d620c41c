/** Who is who: the server names the principal, and refuses what was meant for another. PROTOCOL.md 4.2 and 4.3. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Credential } from '../../src/index.js'
import { ask, post } from '../support/clients/request.js'
import { connect, refusal } from '../support/clients/socket.js'
import { stream } from '../support/clients/sse.js'
import { serveHub } from '../support/hub-server.js'

const named = (credential?: Credential) => (credential ? { id: credential.token } : null)
const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } })
const digestOf = (id: string) =>
  createHash('sha256').update(`anywire principal\n${id}`).digest('base64url').slice(0, 22)

/** Asks for a batch as somebody. */
async function batchAs(url: string, token: string, body: object) {
  const answer = await post(url, body, bearer(token).headers)
  return { status: answer.status, body: answer.json<Record<string, unknown>[]>() }
}

describe('the principal that a client is told', () => {
  it('is a digest, the same over every form and on every node', async () => {
    const [one, two] = [await serveHub({ authenticate: named }), await serveHub({ authenticate: named })]
    const told: unknown[] = []
    for (const { url, socketUrl } of [one, two]) {
      const socket = await connect(socketUrl(), { protocols: ['anywire.v1'], ...bearer('ann') })
      told.push((await socket.frame<{ principal: string }>('welcome')).principal)
      const body = JSON.stringify({ subscribe: [{ channel: 'n' }] })
      const headers = { 'Content-Type': 'application/json', ...bearer('ann').headers }
      const events = await stream(url(), { method: 'POST', body, headers })
      told.push((await events.frame<{ principal: string }>('welcome')).principal)
      told.push((await batchAs(url(), 'ann', { welcome: true })).body[0]!.principal)
    }
    expect(told).toEqual(Array(6).fill(digestOf('ann')))
  })

  it('is told by `authenticated` to who had shown no credential before', async () => {
    const { socketUrl } = await serveHub({ authenticate: named })
    const socket = await connect(socketUrl(), { protocols: ['anywire.v1'] })
    expect(await socket.frame('welcome')).not.toHaveProperty('principal')
    socket.say({ type: 'auth', token: 'bob' })
    expect(await socket.frame('authenticated')).toEqual({ type: 'authenticated', principal: digestOf('bob') })
  })

  it('is the same for everybody where nobody is told apart', async () => {
    const { url } = await serveHub()
    expect((await batchAs(url(), 'ann', { welcome: true })).body).toMatchObject([{ principal: digestOf('local') }])
  })
})

describe('a batch', () => {
  it('begins with the welcome if asked, before what it published and what it reads', async () => {
    const { url } = await serveHub({ authenticate: named })
    const publish = [{ channel: 'n', data: 1 }]
    const types = async (body: object) => (await batchAs(url(), 'ann', body)).body.map(({ type }) => type)
    expect(await types({ publish, welcome: true })).toEqual(['welcome', 'published'])
    const subscribe = [{ channel: 'n', offset: '-1' }]
    expect(await types({ subscribe, publish, welcome: true })).toEqual([
      'welcome',
      'published',
      'subscribed',
      'messages',
    ])
    expect(await types({ publish })).toEqual(['published'])
  })

  it('is not answered sooner for it', async () => {
    const { hub, url } = await serveHub({ authenticate: named })
    const { offset } = await hub.publish('n', 1)
    const answer = batchAs(url(), 'ann', { subscribe: [{ channel: 'n', offset }], welcome: true })
    await expect.poll(() => hub.stats().subscriptions).toBe(1)
    await hub.publish('n', 2)
    expect((await answer).body.map(({ type }) => type)).toEqual(['welcome', 'subscribed', 'messages'])
  })
})

describe('a request that names its principal', () => {
  it('is refused if it comes as another: nothing of it is stored or read', async () => {
    const { hub, url } = await serveHub({ authenticate: named })
    const body = { publish: [{ channel: 'n', data: 1 }], subscribe: [{ channel: 'n' }], principal: digestOf('ann') }
    const accepts = ['application/json', 'text/event-stream']
    for (const accept of accepts) {
      const refused = await post(url(), body, { ...bearer('bob').headers, Accept: accept })
      expect(refused.status).toBe(401)
      expect(refused.json()).toMatchObject({ anywire: 1, error: { code: 'unauthorized' } })
    }
    expect(hub.stats()).toMatchObject({ subscriptions: 0, channels: 0 })
    expect((await ask(url('n'), bearer('ann'))).json()).toEqual([])
    const own = await batchAs(url(), 'ann', { publish: body.publish, principal: body.principal })
    expect(own).toMatchObject({ status: 200, body: [{ type: 'published' }] })
  })
})

describe('an error', () => {
  it('says over HTTP that it is ours, which no proxy does', async () => {
    const { url, socketUrl } = await serveHub({ authenticate: named })
    const streamed = { headers: { Accept: 'text/event-stream' } }
    const asked = [ask(url('n')), ask(url('n?live=poll')), ask(url('n'), streamed), post(url('n'), 1), post(url(), {})]
    for (const answer of await Promise.all(asked)) {
      expect(answer.json()).toMatchObject({ anywire: 1, error: { code: 'unauthorized' } })
    }
    expect(await refusal(socketUrl('n'))).toMatchObject({ code: 'unauthorized', ours: 1 })
  })
})
