/** Grants on the road: what a credential does not grant is refused on every form, whatever a rule says. docs/access.md. */
import { describe, expect, it } from 'vitest'
import { type Claims, grantsOf, type HubOptions, type Incoming, type Principal, type Rules } from '../../src/index.js'
import { ask, post } from '../support/clients/request.js'
import { connect, refusal, session } from '../support/clients/socket.js'
import { type HubServer, serveHub } from '../support/hub-server.js'
import { entries } from './entries.js'

/** Everybody holds a credential of these claims. */
const holding = (claims: Claims, rules: Rules = {}): HubOptions => ({
  authenticate: () => ({ id: 'ann', grants: grantsOf({ sub: 'ann', ...claims }) }),
  rules,
})
const granted = (channels: Record<string, string[]>, rules?: Rules) => holding({ channels }, rules)
const sse = { Accept: 'text/event-stream' }
const lacking = (action: string, channel: string) => `Your token lacks a grant of "${action}" that covers "${channel}".`

/** Every form that reads over HTTP. */
const reads: readonly [string, (server: HubServer) => ReturnType<typeof ask>][] = [
  ['catch up', ({ url }) => ask(url('c'))],
  ['describe', ({ url }) => ask(url('c'), { method: 'HEAD' })],
  ['durable long poll', ({ url }) => ask(url('c?live=long-poll&offset=-1'))],
  ['durable SSE', ({ url }) => ask(url('c?live=sse&offset=-1'))],
  ['plain SSE', ({ url }) => ask(url('c'), { headers: sse })],
  ['plain SSE that resumes', ({ url }) => ask(url('c'), { headers: { ...sse, 'Last-Event-ID': 'x' } })],
  ['plain poll', ({ url }) => ask(url('c?live=poll'))],
  ['many channels', ({ url }) => ask(url('?channel=mine&channel=c'), { headers: sse })],
  ['a page that is known', ({ url }) => ask(url('c'), { headers: { 'If-None-Match': '*' } })],
]

describe('reading without a grant', () => {
  it.each(reads)('is refused as %s, and the answer says what is missing', async (name, read) => {
    const server = await serveHub(granted({ c: ['publish', 'manage'], mine: ['subscribe'] }))
    await server.hub.publish('c', 1)
    const { status, headers, text } = await read(server)
    const told = `Bearer error="insufficient_scope", error_description="${lacking('subscribe', 'c').replaceAll('"', "'")}"`
    expect([status, headers['www-authenticate']]).toEqual([403, told])
    if (name === 'describe') return
    const error = { code: 'forbidden', message: lacking('subscribe', 'c'), reason: 'insufficient_scope' }
    expect(JSON.parse(text)).toEqual({ anywire: 1, error })
  })

  it('is refused over WebSocket, plain and anywire.v1, and over POST', async () => {
    const { url, socketUrl } = await serveHub(granted({ c: ['publish'] }))
    expect(await refusal(socketUrl('c'))).toMatchObject({ status: 403, code: 'forbidden' })
    const socket = await session(socketUrl())
    socket.say({ type: 'subscribe', subscriptions: [{ channel: 'c' }] })
    const refused = { type: 'error', channel: 'c', code: 'forbidden', message: lacking('subscribe', 'c') }
    expect(await socket.frame('error')).toMatchObject(refused)
    const batch = await post(url(), { subscribe: [{ channel: 'c', offset: '-1' }] })
    expect(batch.json()).toEqual([expect.objectContaining(refused)])
  })

  it('is refused over y-websocket, of the document and of who is there', async () => {
    for (const channels of [{ 'yjs/*': ['*'] }, { 'awareness/*': ['*'] }]) {
      const server = await serveHub(granted(channels))
      server.hub.yjs('/docs')
      const socket = await connect(`${server.origin.replace('http', 'ws')}/docs/a`)
      expect(await socket.closed).toMatchObject({ code: 4403 })
    }
  })
})

describe.each(entries.filter(({ client }) => client))('publishing by $name', ({ send, fields, list }) => {
  const publish = async (options: HubOptions, message: { body: string; key?: string } = { body: '1' }) => {
    const server = await serveHub(options)
    return { server, verdict: await send(server, 'c', message) }
  }

  it('needs a grant', async () => {
    const { server, verdict } = await publish(granted({ c: ['subscribe'], 'c/*': ['*'] }))
    expect(verdict).toBe('forbidden')
    expect((await ask(server.url('c'))).text).toBe('[]')
    expect((await publish(granted({ c: ['subscribe', 'publish'] }))).verdict).toBeUndefined()
  })

  it('is refused where the rule says no, whatever is granted', async () => {
    const { verdict } = await publish(granted({ '*': ['*'] }, { c: { publish: false } }))
    expect(verdict).toBe('forbidden')
  })

  it('needs none where the rule does without', async () => {
    expect((await publish(granted({}, { c: { grants: false } }))).verdict).toBeUndefined()
    expect((await publish(granted({}, { c: { grants: true } }))).verdict).toBe('forbidden')
  })

  it('is as it was for who holds a credential without grants', async () => {
    expect((await publish({ authenticate: () => ({ id: 'ann' }) })).verdict).toBeUndefined()
  })

  it('may be granted under one key', async () => {
    const detail = (actions: string[], key?: string) => ({
      type: 'https://anywire.dev/channels',
      actions,
      topics: [{ match: 'c' }],
      ...(key !== undefined && { key }),
    })
    const claims = { authorization_details: [detail(['subscribe']), detail(['publish'], 'ann')] }
    const seen: unknown[] = []
    const receive = ({ data }: { data: unknown }) => void seen.push(data)
    const rules: Record<string, Rules> = { plain: {}, inspected: { c: { receive } }, pointed: { c: { key: '/by' } } }
    for (const [name, rule] of Object.entries(rules)) {
      const say = (body: string, key?: string) => publish(holding(claims, rule), { body, ...(key && { key }) })
      expect([name, (await say('{"by":"bob"}')).verdict]).toEqual([name, 'forbidden'])
      // A list holds another message, which has no key.
      if (name === 'pointed' && !list) expect((await say('{"by":"ann"}')).verdict).toBeUndefined()
      if (!fields) continue
      expect([name, (await say('{"by":"ann"}', 'bob')).verdict]).toEqual([name, 'forbidden'])
      expect([name, (await say('{"by":"bob"}', 'ann')).verdict]).toEqual([name, undefined])
    }
    // A refused message is nothing that `receive` ever sees.
    expect(seen.filter((one) => typeof one === 'object')).toEqual(fields ? [{ by: 'bob' }] : [])
  })

  it('is refused under a key that `receive` gave and nobody granted', async () => {
    const detail = { type: 'https://anywire.dev/channels', actions: ['publish'], topics: [{ match: 'c' }], key: 'ann' }
    const rename = (message: Incoming) => {
      message.key = 'bob'
    }
    const reading = { ...detail, actions: ['subscribe'], key: undefined }
    const rules: Rules = { c: { key: '/by', receive: rename } }
    const { server, verdict } = await publish(holding({ authorization_details: [detail, reading] }, rules), {
      body: '{"by":"ann"}',
    })
    expect(verdict).toBe('forbidden')
    expect((await ask(server.url('c'))).text).toBe('[]')
  })
})

describe('closing and deleting', () => {
  const close = { method: 'POST', headers: { 'Stream-Closed': 'true' } }

  it.each<[string, string[], number]>([
    ['are refused without a grant of `manage`', ['publish'], 403],
    ['are allowed with one', ['manage'], 204],
  ])('%s', async (_, actions, status) => {
    for (const manage of [true, 'as-publish'] as const) {
      const server = await serveHub(granted({ c: actions }, { c: { manage } }))
      await server.hub.publish('c', 1)
      expect((await ask(server.url('c'), close)).status).toBe(status)
      expect((await ask(server.url('c'), { method: 'DELETE' })).status).toBe(status)
    }
  })

  it('with a message needs grants of both', async () => {
    for (const [actions, status] of [
      [['publish'], 403],
      [['manage'], 403],
      [['publish', 'manage'], 204],
    ] as const) {
      const rules: Rules = { ':c': { manage: 'as-publish' } }
      const server = await serveHub(granted({ ':c': [...actions] }, rules))
      const headers = { ...close.headers, 'Content-Type': 'application/json' }
      expect((await ask(server.url('c'), { ...close, headers, body: '1' })).status).toBe(status)
      const created = await ask(server.url('c2'), { method: 'PUT', headers, body: '1' })
      expect(created.status).toBe(status === 204 ? 201 : 403)
    }
  })
})

describe('a fork', () => {
  const fork = ({ url }: HubServer) => ask(url('c'), { method: 'PUT', headers: { 'Stream-Forked-From': 'source' } })

  it('needs a grant to read its source', async () => {
    const server = await serveHub(granted({ c: ['publish'] }))
    await server.hub.publish('source', 1)
    expect((await fork(server)).json()).toMatchObject({ error: { message: lacking('subscribe', 'source') } })
    const other = await serveHub(granted({ c: ['publish'], source: ['subscribe'] }))
    await other.hub.publish('source', 1)
    expect((await fork(other)).status).toBe(201)
  })

  it('is refused to who may publish under one key only', async () => {
    const detail = { type: 'https://anywire.dev/channels', actions: ['publish'], topics: [{ match: 'c' }], key: 'ann' }
    const server = await serveHub(holding({ authorization_details: [detail], channels: { source: ['subscribe'] } }))
    await server.hub.publish('source', 1, { key: 'bob' })
    expect((await fork(server)).status).toBe(403)
  })
})

describe('a principal', () => {
  it('whose renewed credential grants less loses the channels in between, and no other', async () => {
    const grants: Record<string, string[]> = { first: ['a', 'b'], second: ['b'] }
    const server = await serveHub({
      authenticate: (credential): Principal => {
        const channels = Object.fromEntries((grants[credential?.token ?? 'first'] ?? []).map((one) => [one, ['*']]))
        return { id: 'ann', grants: grantsOf({ channels }) }
      },
    })
    const socket = await session(server.socketUrl())
    socket.say({ type: 'subscribe', subscriptions: [{ channel: 'a' }, { channel: 'b' }] })
    await socket.frame('subscribed')
    await socket.frame('subscribed')
    socket.say({ type: 'auth', token: 'second' })
    expect(await socket.frame('error')).toMatchObject({ channel: 'a', code: 'forbidden' })
    await server.hub.publish('a', 1)
    await server.hub.publish('b', 2)
    expect(await socket.frame('messages')).toMatchObject({ channel: 'b' })
    socket.say({ type: 'publish', id: 1, channel: 'a', data: 1 })
    expect(await socket.frame('error')).toMatchObject({ id: 1, code: 'forbidden' })
  })

  it('with `grants` that are none is a mistake of the program', async () => {
    const failures: string[] = []
    const { url } = await serveHub({
      authenticate: () => ({ id: 'ann', grants: ['c'] }) as unknown as Principal,
      onError: ({ cause }) => void failures.push(String(cause)),
    })
    expect((await ask(url('c'))).status).toBe(500)
    expect(failures).toEqual([expect.stringContaining('grantsOf')])
  })

  it('of a program that answers something else than yes is not let through', async () => {
    const grants = { allows: () => 1 as unknown as boolean, allowsKey: () => true }
    const { url } = await serveHub({ authenticate: () => ({ id: 'ann', grants }) })
    expect((await ask(url('c'))).status).toBe(403)
  })
})
