/** What is revoked is refused whatever is asked, by HTTP too, and stays so: after a restart, and while the store is away. PROTOCOL.md 3.10. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  type Credential,
  createHub,
  grantsOf,
  type HubOptions,
  memory,
  type Principal,
  type Store,
} from '../../src/index.js'
import { disk } from '../../src/stores/disk/index.js'
import { redis } from '../../src/stores/redis/index.js'
import { everyForm, opened } from '../support/clients/readers.js'
import { asks } from '../support/clients/refused.js'
import { ask, post } from '../support/clients/request.js'
import { connect, session } from '../support/clients/socket.js'
import { deferred } from '../support/core/deferred.js'
import { failing } from '../support/core/failing-store.js'
import { serveHub } from '../support/hub-server.js'
import { RedisServer } from '../support/redis.js'
import { bearer, named } from './worlds.js'

const facts: Readonly<Record<string, Partial<Principal>>> = {
  ann: { revocable: { tenant: 'acme', session: 's', token: 'one' } },
  admin: { grants: grantsOf({ channels: { $revoked: ['manage'], n: ['subscribe'] } }) },
  editor: { grants: grantsOf({ channels: { '*': ['*'] } }) },
}
const serve = (options?: HubOptions) => serveHub({ authenticate: named(facts), ...options })
const toAnn = { headers: bearer('ann') }

describe('a request with a revoked credential', () => {
  it('is refused with 401 whatever it asks, also for what its client has already', async () => {
    const { hub, url } = await serve()
    await hub.publish('n', 1)
    const { headers } = await ask(url('n?offset=-1'), toAnn)
    const known = { headers: { ...bearer('ann'), 'If-None-Match': String(headers.etag) } }
    expect((await ask(url('n?offset=-1'), known)).status).toBe(304)
    await hub.revoke({ tenant: 'acme' })
    const answers = [
      ask(url('n?offset=-1'), known),
      ask(url('n'), { ...toAnn, method: 'HEAD' }),
      ask(url('n'), { ...toAnn, method: 'PUT' }),
      ask(url('n'), { ...toAnn, method: 'DELETE' }),
      post(url('n'), 1, toAnn.headers),
      post(url(), { publish: [{ channel: 'n', data: 1 }] }, toAnn.headers),
    ]
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(6).fill(401))
    expect((await ask(url('n'), { headers: bearer('bob') })).status).toBe(200)
  })

  it('gets pages that nobody may answer without asking again', async () => {
    const { hub, url } = await serve({ rules: { n: { cache: 'public' } }, limits: { pageMessages: 1 } })
    const { offset } = await hub.publish('n', 1)
    await hub.publishBatch('n', [{ data: 2 }, { data: 3 }])
    for (const query of [`offset=${offset}`, `offset=${offset}&live=long-poll`, 'offset=-1']) {
      expect((await ask(url(`n?${query}`), toAnn)).headers['cache-control']).toBe('private, no-cache')
    }
  })

  it('is refused with a signed URL, too, by the principal that this names or by itself', async () => {
    const { hub, origin } = await serve({ signedUrls: { secret: 'a secret of 32 bytes or more, for URLs' } })
    const [one, other, anns] = [
      hub.signUrl('n'),
      hub.signUrl('n', { lifeMs: 9_000 }),
      hub.signUrl('n', { principal: 'ann' }),
    ]
    await hub.revoke({ token: one.split('grant=')[1] ?? '' })
    await hub.revoke({ principal: 'ann' })
    const status = async (url: string) => (await ask(origin + url)).status
    expect([await status(one), await status(other), await status(anns)]).toEqual([401, 200, 401])
    await hub.revoke({ channel: 'n', issuedBefore: Date.now() - 60_000 })
    expect(await status(other)).toBe(200)
    await hub.revoke({ channel: 'n' })
    expect(await status(other)).toBe(403)
  })

  it('is refused the channel alone with 403, if the right to that was revoked', async () => {
    const { hub, url } = await serve({ rules: { ':any': { manage: true } } })
    await hub.revoke({ channel: 'n' })
    const answers = [
      ask(url('n'), toAnn),
      ask(url('n'), { ...toAnn, method: 'HEAD' }),
      ask(url('n'), { ...toAnn, method: 'PUT' }),
      ask(url('n'), { ...toAnn, method: 'DELETE' }),
      ask(url('other'), { method: 'PUT', headers: { ...toAnn.headers, 'Stream-Forked-From': '/channels/n' } }),
      post(url('n'), 1, toAnn.headers),
      post(url('m'), 1, toAnn.headers),
    ]
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([403, 403, 403, 403, 403, 403, 204])
    const frames = await post(
      url(),
      { subscribe: [{ channel: 'n' }], publish: [{ channel: 'n', data: 1 }] },
      bearer('a'),
    )
    expect(frames.json()).toMatchObject([{ code: 'forbidden' }, { code: 'forbidden' }])
  })
})

describe('a publish of a credential that is revoked meanwhile', () => {
  it('that waits for its body is refused', async () => {
    const { hub, url } = await serve({
      rules: { n: { publish: () => hub.revoke({ principal: 'ann' }).then(() => true) } },
    })
    expect((await post(url('n'), 1, toAnn.headers)).status).toBe(401)
    expect((await ask(url('n'), { headers: bearer('bob') })).json()).toEqual([])
  })

  it('that waits in its queue is refused, and no `receive` sees it', async () => {
    const seen: unknown[] = []
    const gate = deferred()
    const receive = async ({ data }: { data: unknown }) => {
      seen.push(data)
      await gate.promise
    }
    const { hub, url, socketUrl } = await serve({ rules: { n: { receive } } })
    const socket = await session(socketUrl(), toAnn)
    for (const data of [1, 2, 3]) socket.say({ type: 'publish', id: data, channel: 'n', data })
    await expect.poll(() => seen).toEqual([1])
    await hub.revoke({ principal: 'ann' })
    expect((await socket.closed).code).toBe(4401)
    gate.resolve()
    await post(url('n'), 4, bearer('bob'))
    expect(seen).toEqual([1, 4])
    expect((await ask(url('n'), { headers: bearer('bob') })).json()).toEqual([4])
  })
})

describe('a connection of many channels', () => {
  it('loses the channel whose right was revoked, and keeps the others', async () => {
    const { hub, socketUrl } = await serve()
    const socket = await session(socketUrl(), toAnn)
    socket.say({ type: 'subscribe', subscriptions: [{ channel: 'n' }, { channel: 'm' }] })
    await socket.frame('subscribed')
    await socket.frame('subscribed')
    await hub.revoke({ channel: 'n' })
    expect(await socket.frame('error')).toMatchObject({ channel: 'n', code: 'forbidden' })
    socket.say({ type: 'subscribe', subscriptions: [{ channel: 'n' }] })
    expect(await socket.frame('error')).toMatchObject({ channel: 'n', code: 'forbidden' })
    await hub.publish('m', 1)
    expect(await socket.frame('messages')).toMatchObject({ channel: 'm' })
  })

  it('is refused a revoked token in an `auth` frame, and goes on with one that is not', async () => {
    const { hub, socketUrl } = await serve({
      authenticate: (credential) => credential && { id: 'ann', revocable: { token: credential.token } },
    })
    const [socket, other] = [await session(socketUrl(), bearer2('one')), await session(socketUrl(), bearer2('one'))]
    socket.say({ type: 'auth', token: 'two' })
    await socket.frame('authenticated')
    await hub.revoke({ token: 'one' })
    expect((await other.closed).code).toBe(4401)
    socket.say({ type: 'ping' })
    await socket.frame('pong')
    socket.say({ type: 'auth', token: 'one' })
    expect((await socket.closed).code).toBe(4401)
  })
})

const bearer2 = (token: string) => ({ headers: bearer(token) })

describe('y-websocket', () => {
  it('is ended with its credential, or with the right to its document', async () => {
    const { hub, socketUrl } = await serve()
    hub.yjs('/yjs')
    const room = (name: string) => socketUrl().replace('/channels', `/yjs/${name}`)
    const [ann, bob, other] = [
      await connect(room('a'), toAnn),
      await connect(room('a'), { headers: bearer('bob') }),
      await connect(room('b'), { headers: bearer('bob') }),
    ]
    await expect.poll(() => hub.stats().subscriptions).toBe(6)
    await hub.revoke({ principal: 'ann' })
    expect((await ann.closed).code).toBe(4401)
    await hub.revoke({ channel: 'yjs/a' })
    expect((await bob.closed).code).toBe(4403)
    expect((await (await connect(room('a'), { headers: bearer('bob') })).closed).code).toBe(4403)
    expect((await (await connect(room('b'), toAnn)).closed).code).toBe(4401)
    other.send(Uint8Array.of(0, 0, 1, 0))
    expect(await other.take(2)).toHaveLength(2)
  })
})

describe('readers of this process', () => {
  it('go on: they need no credential', async () => {
    const { hub } = await serve()
    const reading = hub.subscribe('n')
    const first = reading.next()
    await expect.poll(() => hub.stats().subscriptions).toBe(1)
    await hub.revoke({ principal: 'server' })
    await hub.revoke({ channel: 'n' })
    await hub.publish('n', 1)
    expect((await first).value).toMatchObject({ data: 1 })
  })
})

describe('hub.revoke', () => {
  it.each<[string, object]>([
    ['nothing', {}],
    ['two things', { principal: 'ann', channel: 'n' }],
    ['an empty name', { principal: '' }],
    ['a field that is none', { user: 'ann' }],
    ['a token by time', { token: 'one', issuedBefore: 1 }],
    ['a time that is none', { principal: 'ann', issuedBefore: Number.NaN }],
    ['a time in seconds', { principal: 'ann', issuedBefore: 1_800_000_000 }],
    ['a time that is far ahead', { principal: 'ann', issuedBefore: Date.now() + 90_000_000 }],
    ['a bad name', { channel: 'a//b' }],
  ])('refuses %s', async (_, target) => {
    const { hub } = await serve()
    await expect(hub.revoke(target)).rejects.toMatchObject({ code: 'bad-request' })
  })

  it('tells what is kept, and nothing of a token but its digest', async () => {
    const { hub, url } = await serve({ revocation: { keepMs: 1_000 }, rules: { $revoked: { subscribe: true } } })
    const at = Date.now()
    const kept = await hub.revoke({ principal: 'ann' })
    expect(kept).toEqual({
      what: 'principal',
      name: 'ann',
      issuedBefore: expect.any(Number),
      until: expect.any(Number),
    })
    expect(kept.until - at).toBeGreaterThanOrEqual(1_000)
    await hub.revoke({ token: 'secret' })
    const log = await ask(url('$revoked?offset=snapshot'), { headers: bearer('bob') })
    expect(log.json()).toMatchObject([kept, { what: 'token' }])
    expect(log.text).not.toContain('secret')
  })

  it('keeps all of many that are revoked at once', async () => {
    const store = memory()
    const [{ hub, url }, other] = [await serve({ store }), createHub({ store })]
    const names = Array.from({ length: 200 }, (_, n) => `p${n}`)
    await Promise.all(names.map((principal, n) => (n % 2 ? hub : other).revoke({ principal })))
    const log = await store.snapshot('$revoked', undefined, undefined, { messages: 1_000, bytes: 1_000_000 })
    expect(log.kind === 'page' && log.messages.length).toBe(200)
    expect((await ask(url('n'), { headers: bearer('p7') })).status).toBe(401)
  })
})

describe('a hub that closes', () => {
  it('rejects what it could not write any more', async () => {
    const read = deferred()
    const store = memory()
    const slow = withSnapshot(store, () => read.promise)
    const hub = createHub({ store: slow })
    const revoking = expect(hub.revoke({ principal: 'ann' })).rejects.toMatchObject({ code: 'draining' })
    await hub.close({ graceMs: 0 })
    read.resolve()
    await revoking
    await expect(hub.revoke({ principal: 'ann' })).rejects.toMatchObject({ code: 'draining' })
  })
})

describe('two nodes that revoke the same at once', () => {
  it('keep what says more', async () => {
    const store = memory()
    const [one, other] = [createHub({ store }), createHub({ store })]
    onTestFinished(async () => void (await Promise.all([one, other].map((hub) => hub.close({ graceMs: 0 })))))
    const said = [
      one.revoke({ tenant: 't', issuedBefore: 1_700_000_002_000 }),
      other.revoke({ tenant: 't', issuedBefore: 1_700_000_001_000 }),
    ]
    await Promise.all(said)
    const log = await store.snapshot('$revoked', undefined, undefined, { messages: 10, bytes: 10_000 })
    const [message] = log.kind === 'page' ? log.messages : []
    expect(JSON.parse(String(message?.data && Buffer.from(message.data)))).toMatchObject({
      issuedBefore: 1_700_000_002_000,
    })
  })
})

describe('POST $/revoke', () => {
  it('revokes for who has a grant of `manage` on "$revoked", and for nobody else', async () => {
    const { url } = await serve()
    const by = async (name: string) => (await post(url('$/revoke'), { principal: 'ann' }, bearer(name))).status
    expect([await by('bob'), await by('editor')]).toEqual([403, 403])
    expect((await ask(url('n'), toAnn)).status).toBe(200)
    expect(await by('admin')).toBe(200)
    expect((await ask(url('n'), toAnn)).status).toBe(401)
    expect((await post(url('$/revoke'), {}, bearer('admin'))).status).toBe(400)
    // Read loosely, it would name somebody else.
    const broken = Buffer.from('{"principal":"ann\xff"}', 'latin1')
    const told = await ask(url('$/revoke'), { method: 'POST', headers: bearer('admin'), body: broken })
    expect([told.status, told.json()]).toMatchObject([400, { error: { message: expect.stringContaining('UTF-8') } }])
    expect((await ask(url('$/revoke'), { headers: bearer('admin') })).status).toBe(405)
    expect((await post(url('$revoked'), 1, bearer('admin'))).status).toBe(403)
  })

  it('revokes for whom the rule of "$revoked" names, without grants', async () => {
    const { url } = await serve({ rules: { $revoked: { manage: ({ principal }) => principal.id === 'bob' } } })
    expect((await post(url('$/revoke'), { principal: 'ann' }, bearer('carl'))).status).toBe(403)
    expect((await post(url('$/revoke'), { principal: 'ann' }, bearer('bob'))).status).toBe(200)
    expect((await post(url('$/revoke'), { principal: 'ann' }, bearer('admin'))).status).toBe(403)
  })
})

describe('a revocation', () => {
  it('survives a restart', async () => {
    const path = mkdtempSync(join(tmpdir(), 'anywire-revoked-'))
    onTestFinished(() => rmSync(path, { recursive: true, force: true }))
    const before = createHub({ store: await disk({ path }) })
    await before.revoke({ session: 's' })
    await before.close({ graceMs: 0 })
    const { url } = await serve({ store: await disk({ path }) })
    expect((await ask(url('n'), toAnn)).status).toBe(401)
  })

  it('is known before the first client is let in', async () => {
    const store = memory()
    const other = createHub({ store })
    onTestFinished(() => other.close({ graceMs: 0 }))
    await other.revoke({ principal: 'ann' })
    const read = deferred()
    const slow = withSnapshot(store, () => read.promise)
    const { hub, url } = await serve({ store: slow })
    const answer = ask(url('n'), toAnn)
    await expect.poll(() => hub.stats().requests).toBe(1)
    read.resolve()
    expect((await answer).status).toBe(401)
  })

  it('is written again where the log of the store was lost', async () => {
    const { store, other } = await pair()
    const { hub, url } = await serve({ store })
    await hub.revoke({ principal: 'ann' })
    await other.delete('$revoked')
    const held = async () =>
      (await other.snapshot('$revoked', undefined, undefined, everything)) as { messages?: unknown[] }
    await expect.poll(async () => (await held()).messages?.length).toBe(1)
    expect((await ask(url('n'), toAnn)).status).toBe(401)
  })
})

/** The store, whose snapshots come when `ready` resolves. */
function withSnapshot(store: Store, ready: () => Promise<void>): Store {
  return new Proxy(store, {
    get(target, name) {
      if (name === 'snapshot') {
        return (...asked: Parameters<Store['snapshot']>) => ready().then(() => store.snapshot(...asked))
      }
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

const everything = { messages: 100, bytes: 100_000 }

/** Two stores of one folder, as two processes have them. */
async function pair(): Promise<{ store: Store; other: Store }> {
  const path = mkdtempSync(join(tmpdir(), 'anywire-revoked-'))
  const other = await disk({ path })
  onTestFinished(async () => {
    await other.close()
    rmSync(path, { recursive: true, force: true })
  })
  return { store: await disk({ path }), other }
}

describe('a node that cannot read what was revoked', () => {
  async function blind(whenBlind?: 'serve' | 'refuse', blindMs?: number) {
    const { store, other } = await pair()
    const away = failing(store)
    const options = {
      revocation: { whenBlind, blindMs },
      signedUrls: { secret: 'a secret of 32 bytes or more, for URLs' },
    }
    const server = await serve({ store: away.store, ...options, onError: () => undefined })
    return { ...server, away, other }
  }

  const status = async (url: string, name = 'bob') => (await ask(url, { headers: bearer(name) })).status

  it('lets nobody in, keeps what is open, and acts when it sees again', async () => {
    const { url, origin, socketUrl, away, other, hub } = await blind()
    const signed = origin + hub.signUrl('n').replace('/n?', '/$/revoke?')
    const socket = await connect(socketUrl('n'), toAnn)
    away.down = true
    await expect.poll(() => status(url('$/revoke'))).toBe(503)
    expect((await ask(signed)).status).toBe(503)
    expect(hub.stats().connections).toBe(1)
    const elsewhere = createHub({ store: other })
    onTestFinished(() => elsewhere.close({ graceMs: 0 }))
    await elsewhere.revoke({ principal: 'ann' })
    expect(hub.stats().connections).toBe(1)
    away.down = false
    expect((await socket.closed).code).toBe(4401)
    await expect.poll(() => status(url('n'))).toBe(200)
    expect(await status(url('n'), 'ann')).toBe(401)
  })

  it('ends what is open after `blindMs`, but not with "serve"', async () => {
    const [refusing, serving] = [await blind('refuse', 1), await blind('serve', 1)]
    const sockets = [await connect(refusing.socketUrl('n'), toAnn), await connect(serving.socketUrl('n'), toAnn)]
    for (const { away } of [refusing, serving]) away.down = true
    expect((await sockets[0]?.closed)?.code).toBe(4503)
    await expect.poll(() => refusing.hub.stats().connections).toBe(0)
    expect(serving.hub.stats().connections).toBe(1)
  })

  it('finds out that a Redis answers nothing, and sees again when it does', async () => {
    const redisServer = await RedisServer.start({ kept: 'no' })
    onTestFinished(() => redisServer.stop())
    const { url } = await serve({ store: await redis({ url: redisServer.url }), onError: () => undefined })
    expect(await status(url('n'))).toBe(200)
    redisServer.freeze()
    await expect.poll(() => status(url('$/revoke'))).toBe(503)
    redisServer.thaw()
    await expect.poll(() => status(url('n'))).toBe(200)
  })

  it('lets in whom it knows nothing of, with "serve"', async () => {
    const { url, away, hub } = await blind('serve')
    await hub.revoke({ principal: 'ann' })
    away.down = true
    await expect.poll(() => ask(url('n'), { headers: bearer('bob') }).then(({ text }) => text)).toContain('store-down')
    const challenge = async (name: string) => (await ask(url('$/nothing'), { headers: bearer(name) })).status
    expect([await challenge('ann'), await challenge('bob')]).toEqual([401, 403])
  })

  it('acts here at once on what it cannot write, and writes it later', async () => {
    const { url, away, other, hub } = await blind('serve')
    expect(await status(url('n'), 'ann')).toBe(200)
    away.down = true
    await expect(hub.revoke({ principal: 'ann' })).rejects.toMatchObject({
      code: expect.stringMatching(/store-down|unknown-outcome/),
    })
    expect(await status(url('n'), 'ann')).toBe(401)
    away.down = false
    const log = async () =>
      (await other.snapshot('$revoked', undefined, undefined, everything)) as { messages?: unknown[] }
    await expect.poll(async () => (await log()).messages?.length).toBe(1)
  })
})

describe.each(everyForm)('%s, whose credential is revoked while it is being let in', (form) => {
  it('is refused', async () => {
    const authenticate = async (credential?: Credential) => {
      if (credential?.token === 'ann') await server.hub.revoke({ principal: 'ann' })
      return named()(credential)
    }
    const server = await serve({ authenticate })
    expect(await asks[form](server, bearer('ann'))).toMatchObject({ status: 401 })
    await opened(form, server, bearer('bob'))
  })
})

describe.each(['', '?live=sse&offset=now', '?live=long-poll&offset=now', '?live=poll'])('n%s', (query) => {
  it('is refused or ended where the credential is revoked while the right to read is asked', async () => {
    const { hub, url } = await serve({
      rules: { n: { subscribe: () => hub.revoke({ principal: 'ann' }).then(() => true) } },
    })
    const { status } = await ask(url(`n${query}`), { headers: { ...bearer('ann'), Accept: 'text/event-stream' } })
    expect(status === 401 || query.startsWith('?live=sse') || query === '').toBe(true)
    expect(hub.stats()).toMatchObject({ connections: 0, subscriptions: 0 })
  })
})
