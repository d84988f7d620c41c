/** The admin API: its document, what it answers, and to whom. Each answer is checked against the document. */
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type AdminOptions, createAdmin } from '../../src/admin/index.js'
import { createHub, type Hub, type HubOptions, memory, type Store } from '../../src/index.js'
import { notBase64 } from '../support/base64.js'
import { share } from '../support/core/shared-store.js'

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>
}

async function world(options: HubOptions = {}, admin: AdminOptions = {}) {
  const drained = { count: 0 }
  const hub = createHub({ statistics: true, onError: () => {}, onDrain: () => drained.count++, ...options })
  onTestFinished(() => hub.close({ graceMs: 0 }))
  const server = createServer(createAdmin(hub, admin)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close().closeAllConnections())
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { hub, origin, drained }
}

interface Answer {
  readonly status: number
  readonly value: Record<string, unknown>
}

async function ask(
  origin: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const posted = body !== undefined && { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }
  const answer = await fetch(`${origin}/api/${path}`, {
    ...posted,
    headers: { ...(posted && { 'content-type': 'application/json' }), ...headers },
  })
  return { status: answer.status, value: (await answer.json()) as Record<string, unknown> }
}

let document: Document
let ajv: Ajv2020

beforeAll(async () => {
  const hub = createHub()
  const server = createServer(createAdmin(hub)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/openapi.json`)
  document = (await answer.json()) as Document
  ajv = new Ajv2020({ strict: false })
  ajv.addSchema(document, 'document')
  server.close()
  await hub.close({ graceMs: 0 })
})

/** What is wrong with an answer, by the document. */
function faultsOf(path: string, method: 'get' | 'post', { status, value }: Answer): unknown {
  const pointer = `/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method}/responses/${status === 200 ? 200 : 'default'}`
  const validate = ajv.compile({ $ref: `document#${pointer}/content/application~1json/schema` })
  return validate(value) ? undefined : { value, errors: validate.errors }
}

/** Reads a channel until it is ended. */
function read(hub: Hub, channel: string): void {
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  hub
    .subscribe(channel, { signal: stop.signal })
    .next()
    .catch(() => undefined)
}

/** A hub with something to tell. */
async function busy(options: HubOptions = {}) {
  const one = await world({ rules: { 'prices/*': { keys: true }, bytes: { contentType: 'image/png' } }, ...options })
  const { hub } = one
  await hub.publish('prices/a', { at: 1 }, { key: 'k', event: 'tick' })
  await hub.publish('bytes', Buffer.from([1, 2]))
  read(hub, 'prices/a')
  await expect.poll(() => hub.stats().subscriptions).toBeGreaterThan(0)
  return one
}

const asked: readonly (readonly [path: string, body?: unknown])[] = [
  ['stats'],
  ['connections?search=server'],
  ['channels'],
  ['history?channel=prices/a&from=start&limit=1'],
  ['history?channel=bytes'],
  ['publish', { channel: 'prices/a', data: { at: 2 }, key: 'k' }],
  ['batch', { channel: 'prices/a', messages: [{ data: 1 }, { data: 2, event: 'tick' }] }],
  ['disconnect', { principal: 'nobody' }],
  ['disconnect', { connection: 'none/1' }],
  ['revoke', { principal: 'nobody' }],
  ['drain', {}],
  ['trim', { channel: 'prices/a', keep: 1 }],
  ['delete', { channel: 'prices/a' }],
]

describe('the document', () => {
  it('is OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document) as never)
    expect([valid, errors]).toEqual([true, undefined])
  })

  it('describes what is answered, of every operation', async () => {
    const { origin } = await busy()
    const faults: unknown[] = []
    for (const [path, body] of asked) {
      const answer = await ask(origin, path, body)
      expect([path, answer.status]).toEqual([path, 200])
      faults.push(faultsOf(`/api/${path.split('?')[0]}`, body === undefined ? 'get' : 'post', answer))
    }
    expect(faults.filter((fault) => fault !== undefined)).toEqual([])
    const all = Object.values(document.paths).flatMap((methods) => Object.values(methods))
    const tried = new Set([...asked.map(([path]) => path.split('?')[0]), 'stream'])
    expect(new Set(all.map(({ operationId }) => operationId))).toEqual(tried)
  })

  it('describes what is refused, of every operation', async () => {
    const { origin } = await busy({ statistics: false })
    const refused: readonly (readonly [path: string, body?: unknown])[] = [
      ['stats'],
      ['connections?find=a'],
      ['channels?search=a&search2=b'],
      ['history'],
      ['history?channel=a&limit=0'],
      ['history?channel=a&limit=x'],
      ['publish', { channel: '$hub', data: 1 }],
      ['publish', { data: 1 }],
      ['publish', 'no json'],
      ['batch', { channel: 'a', messages: [] }],
      ['disconnect', {}],
      ['disconnect', { principal: 'a', everybody: true }],
      ['revoke', {}],
      ['drain', { node: 7 }],
      ['trim', { channel: 'a', keep: 0 }],
      ['trim', { channel: '$revoked', keep: 1 }],
      ['delete', { channel: '$revoked' }],
    ]
    for (const [path, body] of refused) {
      const answer = await ask(origin, path, body)
      expect([path, answer.status >= 400 && answer.status < 500]).toEqual([path, true])
      expect(faultsOf(`/api/${path.split('?')[0]}`, body === undefined ? 'get' : 'post', answer)).toBeUndefined()
    }
  })
})

describe('what is asked', () => {
  it('is done: publish, batch, history, trim and delete', async () => {
    const { hub, origin } = await world({ rules: { k: { keys: true } } })
    const first = await ask(origin, 'publish', { channel: 'k', data: 'old', key: 'a' })
    await ask(origin, 'batch', { channel: 'k', messages: [{ data: 1 }, { data: 2 }, { data: 3 }] })
    const { value } = await ask(origin, `history?channel=k&from=${first.value.offset}&limit=2`)
    expect(value).toMatchObject({ messages: [{ data: 1 }, { data: 2 }], upToDate: false })
    expect((await ask(origin, `history?channel=k&from=${value.next}`)).value).toMatchObject({ messages: [{ data: 3 }] })
    expect((await ask(origin, 'trim', { channel: 'k', keep: 1 })).value).toEqual({ trimmed: true })
    expect((await hub.history('k')).messages.map(({ data }) => data)).toEqual([3])
    expect((await hub.history('k', { from: 'snapshot' })).messages.map(({ data }) => data)).toEqual(['old'])
    await hub.publishBatch('k', [{ data: 4 }, { data: 5 }])
    expect((await hub.history('k')).messages.map(({ data }) => data)).toEqual([3, 4, 5])
    expect((await ask(origin, 'delete', { channel: 'k' })).value).toEqual({ deleted: true })
    expect((await ask(origin, 'delete', { channel: 'k' })).value).toEqual({ deleted: false })
    expect((await ask(origin, 'trim', { channel: 'k', keep: 1 })).value).toEqual({ trimmed: false })
  })

  it('publishes bytes, and a tombstone where there is no data', async () => {
    const { hub, origin } = await world({ rules: { b: { contentType: 'image/png' }, k: { keys: true } } })
    await ask(origin, 'publish', { channel: 'b', base64: 'AQI=' })
    expect((await ask(origin, 'history?channel=b')).value).toMatchObject({ messages: [{ base64: 'AQI=' }] })
    await ask(origin, 'publish', { channel: 'k', data: null, key: 'a' })
    await ask(origin, 'publish', { channel: 'k', key: 'a' })
    expect((await hub.history('k')).messages.map(({ data }) => data)).toEqual([null, undefined])
  })

  it.each(notBase64)('takes no base64 that is %s', async (_, base64) => {
    const { hub, origin } = await world({ rules: { b: { contentType: 'image/png' } } })
    for (const [path, body] of [
      ['publish', { channel: 'b', base64 }],
      ['batch', { channel: 'b', messages: [{ base64: 'AQI=' }, { base64 }] }],
    ]) {
      const { status, value } = await ask(origin, String(path), body)
      expect([status, value.message]).toEqual([400, expect.stringContaining('"base64" must be base64')])
    }
    expect((await hub.history('b')).messages).toEqual([])
  })

  it('ends connections, of a principal, a channel or everybody', async () => {
    const { hub, origin } = await world()
    for (const name of ['a', 'b', 'b']) read(hub, name)
    await expect.poll(() => hub.stats().subscriptions).toBe(3)
    expect((await ask(origin, 'disconnect', { channel: 'a' })).value).toEqual({ connections: 1 })
    expect((await ask(origin, 'disconnect', { everybody: true })).value).toEqual({ connections: 2 })
    await expect.poll(() => hub.stats().subscriptions).toBe(0)
  })

  it('ends one connection by its name in $connections, on whatever node', async () => {
    const store = memory()
    const shared = share(Object.assign(store, { capabilities: { ...store.capabilities, shared: true } }) as Store)
    const [one, other] = [await world({ store: shared.node().store }), await world({ store: shared.node().store })]
    for (const name of ['a', 'b']) read(one.hub, name)
    await expect.poll(() => one.hub.stats().subscriptions).toBe(2)
    const names = async () => {
      const { entries } = (await ask(one.origin, 'connections')).value
      return (entries as { node: string; connection: number; readings: { channel: string }[] }[])
        .filter(({ readings }) => readings.some(({ channel }) => channel === 'a' || channel === 'b'))
        .map(({ node, connection }) => `${node}/${connection}`)
    }
    await expect.poll(names).toHaveLength(2)
    const [connection = '', last = ''] = await names()
    expect((await ask(one.origin, 'disconnect', { connection: `x${connection}` })).value).toEqual({ connections: 0 })
    // A node that has begun just now may not listen yet.
    await expect
      .poll(async () => {
        await ask(other.origin, 'disconnect', { connection })
        return names()
      })
      .toEqual([last])
    expect((await ask(one.origin, 'disconnect', { connection: last })).value).toEqual({ connections: 1 })
    await expect.poll(names).toEqual([])
  })

  it('lets this node leave, or another one by its name in $stats', async () => {
    const store = memory()
    const shared = share(Object.assign(store, { capabilities: { ...store.capabilities, shared: true } }) as Store)
    const [one, other] = [await world({ store: shared.node().store }), await world({ store: shared.node().store })]
    const { node } = (await ask(other.origin, 'drain', {})).value
    expect([one.drained.count, other.drained.count]).toEqual([0, 1])
    // A node that has begun just now may not listen yet.
    const again = async () => (await ask(one.origin, 'drain', { node })).status + other.drained.count
    await expect.poll(again).toBeGreaterThan(201)
    expect(one.drained.count).toBe(0)
  })

  it('closes the hub where the program does not say how it leaves', async () => {
    const { hub, origin } = await world({ onDrain: undefined })
    await ask(origin, 'drain', {})
    await expect.poll(() => hub.readiness()).toBe('draining')
  })
})

describe('who asks', () => {
  const posted = { method: 'POST', body: '{"everybody":true}' }

  it('is refused without the token, from another origin or name, and by a form', async () => {
    const { hub, origin } = await world({}, { token: 'a-token-of-some-length' })
    read(hub, 'a')
    await expect.poll(() => hub.stats().connections).toBe(1)
    const type = { 'content-type': 'application/json' }
    const token = { authorization: 'Bearer a-token-of-some-length' }
    const statusOf = async (headers: Record<string, string>) =>
      (await fetch(`${origin}/api/disconnect`, { ...posted, headers })).status
    expect(await statusOf(type)).toBe(401)
    expect(await statusOf({ ...type, authorization: 'Bearer another-token' })).toBe(401)
    expect(await statusOf({ ...token, 'content-type': 'text/plain' })).toBe(406)
    expect(await statusOf({ ...type, ...token, origin: 'https://evil.example' })).toBe(403)
    expect(await statusOf({ ...type, ...token, 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await rebound(origin)).toBe(403)
    expect((await fetch(`${origin}/api/stream?channel=$stats`)).status).toBe(401)
    expect((await fetch(`${origin}/api/openapi.json`)).status).toBe(401)
    expect(hub.stats().connections).toBe(1)
    expect(await statusOf({ ...type, ...token })).toBe(200)
    await expect.poll(() => hub.stats().connections).toBe(0)
  })

  it('is told which methods there are', async () => {
    const { origin } = await world()
    const answer = await fetch(`${origin}/api/disconnect`)
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
    const other = await fetch(`${origin}/api/stats`, { method: 'DELETE' })
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    expect((await fetch(`${origin}/api/nothing`)).status).toBe(404)
  })

  it('may send 4 MiB, and no more', async () => {
    const { hub, origin } = await world()
    const send = (size: number) => ask(origin, 'publish', { channel: 'a', data: 'x'.repeat(size) })
    expect((await send(4_300_000)).status).toBe(413)
    expect((await send(1_000_000)).status).toBe(200)
    expect(hub.stats().requests).toBe(0)
  })

  function rebound(origin: string): Promise<number | undefined> {
    return new Promise((done, fail) => {
      const headers = { host: 'evil.example', 'content-type': 'application/json' }
      const sent = request(`${origin}/api/disconnect`, { method: 'POST', headers }, (response) => {
        response.resume()
        done(response.statusCode)
      })
      sent.on('error', fail).end('{"everybody":true}')
    })
  }
})

describe('the stream', () => {
  async function follow(origin: string, query: string) {
    const stop = new AbortController()
    onTestFinished(() => stop.abort())
    const answer = await fetch(`${origin}/api/stream?${query}`, { signal: stop.signal })
    const told: { channel: string; key?: string; entry?: { node?: string } }[] = []
    const text = { all: '' }
    const consume = async () => {
      const decoder = new TextDecoder()
      for await (const chunk of answer.body ?? []) {
        text.all += decoder.decode(chunk, { stream: true })
        told.length = 0
        for (const [, json = ''] of text.all.matchAll(/^data: (.*)\n\n/gm)) told.push(JSON.parse(json))
      }
    }
    consume().catch(() => undefined)
    return { answer, told, stop, text }
  }

  it('tells lists of statistics, first that all is new, and each change', async () => {
    const { hub, origin } = await world()
    const { answer, told, stop } = await follow(origin, 'channel=$stats&channel=$channels/a')
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    await expect.poll(() => told.filter(({ key }) => key === '$all').length).toBeGreaterThan(1)
    expect(told.slice(0, 2).map(({ channel, key }) => [channel, key])).toEqual(
      expect.arrayContaining([['$stats', undefined]]),
    )
    stop.abort()
    await expect.poll(() => hub.stats().connections).toBe(0)
  })

  it('is of lists alone, and of four at most', async () => {
    const { origin } = await world()
    const lists = (count: number) => Array.from({ length: count }, (_, at) => `channel=$channels/${at}`).join('&')
    const statuses = { '': 400, 'channel=a': 400, 'channel=$revoked': 400, [lists(4)]: 200, [lists(5)]: 400 }
    for (const [query, status] of Object.entries(statuses)) {
      const { answer, stop } = await follow(origin, query)
      stop.abort()
      expect([query, answer.status]).toEqual([query, status])
    }
  })
})
