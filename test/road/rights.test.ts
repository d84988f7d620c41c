/** Every name that a request holds × the right that it needs, and the rate at every entry. PROTOCOL.md 3.1. */
import { describe, expect, it } from 'vitest'
import type { HubOptions, Rules } from '../../src/index.js'
import { ask } from '../support/clients/request.js'
import { type HubServer, serveHub } from '../support/hub-server.js'
import { entries } from './entries.js'

const closing = { 'Stream-Closed': 'true' }
const json = { 'Content-Type': 'application/json' }

/** Everybody is who the bearer token says; the rules are asked. */
const named: HubOptions = { authenticate: (credential) => ({ id: credential?.token ?? 'guest' }) }
const as = (id: string) => ({ Authorization: `Bearer ${id}` })

async function code(url: string, method: string, headers: Record<string, string>, body?: string) {
  const answer = await ask(url, { method, headers, ...(body !== undefined && { body }) })
  return answer.status < 300 ? undefined : answer.code
}

/** The ways to end a channel. */
const ends: readonly {
  readonly name: string
  readonly method: string
  readonly headers: Record<string, string>
  readonly body?: string
}[] = [
  { name: 'deleting', method: 'DELETE', headers: {} },
  { name: 'closing alone', method: 'POST', headers: closing },
  { name: 'closing with a message', method: 'POST', headers: { ...closing, ...json }, body: '2' },
]

describe.each(ends)('$name', ({ method, headers, body }) => {
  const end = async (server: HubServer, who: string) => {
    await server.hub.publish('c', 1)
    return code(server.url('c'), method, { ...headers, ...as(who) }, body)
  }

  it.each<[string, Rules, HubOptions, string, string | undefined]>([
    ['nobody without a rule', {}, named, 'ann', 'forbidden'],
    ['nobody who may only publish', { c: { publish: true } }, named, 'ann', 'forbidden'],
    ['whoever `manage` names', { c: { manage: ({ principal }) => principal.id === 'ann' } }, named, 'ann', undefined],
    ['nobody else', { c: { manage: ({ principal }) => principal.id === 'ann' } }, named, 'bob', 'forbidden'],
    ['whoever may publish, if the rule says so', { c: { manage: 'as-publish' } }, named, 'bob', undefined],
    ['nobody who may not publish then', { c: { manage: 'as-publish', publish: false } }, named, 'bob', 'forbidden'],
    ['everybody on this machine, without `authenticate`', {}, {}, 'bob', undefined],
    ['nobody there whom the rule excludes', { c: { manage: false } }, {}, 'bob', 'forbidden'],
  ])('is for %s', async (_, rules, options, who, expected) => {
    const server = await serveHub({ ...options, rules })
    expect(await end(server, who)).toBe(expected)
    // The channel is as it was.
    if (expected) await expect(server.hub.publish('c', 2)).resolves.toBeDefined()
  })
})

it('a manager who may not publish closes, but adds nothing', async () => {
  const { url, hub } = await serveHub({ ...named, rules: { c: { manage: true, publish: false } } })
  await hub.publish('c', 1)
  expect(await code(url('c'), 'POST', { ...closing, ...json }, '2')).toBe('forbidden')
  expect(await code(url('c'), 'POST', closing)).toBeUndefined()
  expect((await ask(url('c'))).json()).toEqual([1])
})

it('a channel is created closed only by who may close it', async () => {
  const { url } = await serveHub({ ...named, rules: { open: { manage: true } } })
  expect(await code(url('c'), 'PUT', { ...closing, ...json })).toBe('forbidden')
  expect(await code(url('open'), 'PUT', { ...closing, ...json })).toBeUndefined()
})

describe('the source of a fork', () => {
  const rules: Rules = {
    'private/*': { subscribe: ({ principal }) => principal.id === 'bob' },
    'late/*': { subscribe: async () => false },
  }
  const fork = (server: HubServer, source: string, more: Record<string, string> = {}) =>
    ask(server.url('c'), { method: 'PUT', headers: { ...as('eve'), 'Stream-Forked-From': source, ...more } })

  it.each([
    'private/bob',
    '/channels/private/bob',
    'http://elsewhere.example/channels/private/bob',
    'private%2Fbob',
    '/private/bob',
    'late/bob',
    '$stats',
    '%24stats',
    '/channels/$stats',
  ])('is read only by who may read it: %s', async (source) => {
    const server = await serveHub({ ...named, rules })
    const unwritten = await fork(server, source)
    const name = decodeURIComponent(source)
      .replace(/^https?:\/\/[^/]*/, '')
      .replace(/^(\/channels)?\//, '')
    await server.hub.publish(name, 'secret')
    const written = await fork(server, source)
    const typed = await fork(server, source, { 'Content-Type': 'text/plain', 'Stream-Fork-Offset': '-1' })
    for (const answer of [unwritten, written, typed]) {
      expect([answer.status, answer.text]).toEqual([403, unwritten.text])
      expect(answer.headers['stream-next-offset']).toBeUndefined()
    }
    expect((await ask(server.url('c'))).json()).toEqual([])
  })

  it.each(['a//b', '..', 'n'.repeat(513), '%00', '%ff'])('has a name like any other: %s', async (source) => {
    expect((await fork(await serveHub(named), source)).status).toBe(400)
  })

  it('is read by its reader', async () => {
    const server = await serveHub({ ...named, rules })
    await server.hub.publish('private/bob', 'mine')
    const headers = { ...as('bob'), 'Stream-Forked-From': 'private/bob' }
    expect((await ask(server.url('c'), { method: 'PUT', headers })).status).toBe(201)
    expect((await ask(server.url('c'))).json()).toEqual(['mine'])
  })

  it('gives its messages to no channel whose rule has not checked them', async () => {
    const { url } = await serveHub({ ...named, rules: { 'chat/*': { receive: () => undefined, manage: true } } })
    await ask(url('scratch'), { method: 'PUT', headers: json, body: '[{"from":"forged"}]' })
    await ask(url('chat/7'), { method: 'PUT', headers: json, body: '[{"from":"ann"}]' })
    await ask(url('chat/7'), { method: 'DELETE' })
    expect(await code(url('chat/7'), 'PUT', { 'Stream-Forked-From': 'scratch' })).toBe('conflict')
    expect((await ask(url('chat/7'))).json()).toEqual([])
  })
})

describe.each(entries.filter(({ client }) => client))('the rate, at $name', ({ send, list }) => {
  const message = { body: '"x"' }

  it.each(['publishesPerSecond', 'publishesPerSecondPerAddress'] as const)('is bound by %s', async (limit) => {
    const server = await serveHub({ limits: { [limit]: list ? 2 : 1 } })
    expect(await send(server, 'a', message)).toBeUndefined()
    expect(await send(server, 'b', message)).toBe('too-many')
    await server.hub.publish('b', 'end', { close: true })
    expect((await ask(server.url('b'))).json()).toEqual(['end'])
  })
})

it('deleting counts as publishing one message', async () => {
  const { url, hub } = await serveHub({ limits: { publishesPerSecond: 1 } })
  await hub.publish('c', 1)
  expect([await code(url('c'), 'DELETE', {}), await code(url('d'), 'DELETE', {})]).toEqual([undefined, 'too-many'])
})

it('one address is bound, whatever ids it chooses', async () => {
  const { url } = await serveHub({ ...named, limits: { publishesPerSecondPerAddress: 2 } })
  const codes = []
  for (const who of ['a', 'b', 'c']) codes.push(await code(url('c'), 'POST', { ...json, ...as(who) }, '1'))
  expect(codes).toEqual([undefined, undefined, 'too-many'])
})

describe('a message that a rule has judged', () => {
  const rules: Rules = { judged: { receive: () => undefined } }
  it.each(['{"n":1,"n":"x","n":2}', '{"id":12345678901234567}', '[{"a":{"b":1,"b":2}}]'])(
    'is read by every parser as it was judged: %s',
    async (body) => {
      const { url } = await serveHub({ rules })
      for (const name of ['judged', 'free']) await ask(url(name), { method: 'POST', headers: json, body })
      const own = JSON.stringify(JSON.parse(body))
      const list = (text: string) => (text.startsWith('[') ? text : `[${text}]`)
      expect((await ask(url('judged'))).text).toBe(list(own))
      expect((await ask(url('free'))).text).toBe(list(body))
    },
  )

  it('keeps its bytes where they can be read in one way only', async () => {
    const { url } = await serveHub({ rules })
    const body = '{ "n" : 1.10, "m": [1e3, "\\u00e9"] }'
    await ask(url('judged'), { method: 'POST', headers: json, body })
    expect((await ask(url('judged'))).text).toBe(`[${body}]`)
  })
})
