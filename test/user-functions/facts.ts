/** Promise 10, as a table: every function of the application × every way to fail × every form. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describe, expect, it, vi } from 'vitest'
import {
  type AnywireError,
  type HubOptions,
  memory,
  type Principal,
  type Rule,
  type Store,
  type YjsOptions,
} from '../../src/index.js'
import { connect, type Socket } from '../support/clients/socket.js'
import { type HubServer, serveHub } from '../support/hub-server.js'
import { absurd, absurdChecks, type Failing, failures, functionMs, type Ways } from './failures.js'
import {
  byFrame,
  creating,
  documents,
  entering,
  type Form,
  type Forms,
  managing,
  publishing,
  reading,
} from './forms.js'

/** Options of a hub, and of its documents, in which a function does whatever it is told to do. */
type Options = (fails: () => never) => HubOptions & { readonly yjs?: YjsOptions }

/** A hub in which one function fails, and somebody who has nothing to do with it. */
interface Bench {
  readonly server: HubServer
  readonly store: Store
  readonly heard: AnywireError[]
  readonly bystander: Socket
  fails: Failing
}

async function setUp(options: Options): Promise<Bench> {
  const failing: { fails: Failing } = { fails: () => undefined }
  const heard: AnywireError[] = []
  const store = memory()
  const { yjs, ...given } = options(() => failing.fails() as never)
  const limits = { functionMs, pollMs: 1_000 }
  const server = await serveHub({ store, limits, onError: (error) => heard.push(error), ...given })
  server.hub.yjs('/yjs', yjs)
  await server.hub.publish('fine', 0)
  const bystander = await connect(server.socketUrl('fine'), { headers: { authorization: 'Bearer fine' } })
  return Object.assign(failing, { server, store, heard, bystander })
}

interface Expected {
  readonly code: string
  /** How often `onError` hears of it. */
  readonly told: number
}

const internal: Expected = { code: 'internal', told: 1 }
const forbidden: Expected = { code: 'forbidden', told: 0 }

/** The client is told of an error, nothing is stored, `onError` hears it so often, and everybody else goes on. */
async function expectContained(bench: Bench, form: Form, { code, told }: Expected): Promise<void> {
  const { server, store, heard, bystander } = bench
  heard.length = 0
  expect(await form(server, 'bad')).toBe(code)
  await vi.waitFor(() => expect(heard.map((error) => error.code)).toEqual(Array(told).fill('internal')), 30_000)
  for (const info of await store.position(['bad', 'yjs/room', 'awareness/yjs/room'])) {
    expect(info).toMatchObject({ exists: false })
  }
  await server.hub.publish('fine', code)
  expect(await bystander.next()).toBe(JSON.stringify(code))
}

/** One row of the table: a function, in all forms that call it, in all these ways. */
function row(name: string, forms: Forms, ways: Ways, expected: Expected, options: Options): void {
  it.each(Object.keys(forms))(`${name} is ${expected.code}, and harms nobody else, over %s`, async (form) => {
    const bench = await setUp(options)
    for (const [way, fails] of Object.entries(ways)) {
      bench.fails = fails
      await expectContained(bench, forms[form]!, expected).catch((cause) => {
        throw new Error(`if it ${way}: ${cause.message}`, { cause })
      })
    }
  })
}

const inRule =
  (make: (fails: () => never) => Rule): Options =>
  (fails) => ({ rules: { bad: make(fails) } })
const answering = (ways: Ways): Ways =>
  Object.fromEntries(Object.entries(ways).map(([what, fails]) => [`answers ${what}`, fails]))
const checking = (validate: () => never): StandardSchemaV1 => ({ '~standard': { version: 1, vendor: 'x', validate } })
const some: Principal = { id: 'somebody' }

/** All of it, over what the test servers speak now. */
export function userFunctionFacts(): void {
  describe('a failing function', { timeout: 120_000 }, () => {
    row(
      '`receive`',
      publishing,
      { ...failures, ...answering(absurd) },
      internal,
      inRule((receive) => ({ receive })),
    )
    row(
      'a schema',
      publishing,
      { ...failures, ...answering({ ...absurd, ...absurdChecks }) },
      internal,
      inRule((fails) => ({ schema: checking(fails) })),
    )
    row(
      '`publish`',
      { ...publishing, ...creating },
      failures,
      internal,
      inRule((publish) => ({ publish })),
    )
    row(
      '`manage`',
      managing,
      failures,
      internal,
      inRule((manage) => ({ manage })),
    )
    row(
      '`subscribe`',
      reading,
      failures,
      internal,
      inRule((subscribe) => ({ subscribe })),
    )
    row('`authenticate`', entering, { ...failures, ...answering(absurd) }, internal, (fails) => ({
      authenticate: (credential) => (credential?.token === 'fine' ? some : fails()),
    }))
    row('`authenticate`', { 'an `auth` frame': byFrame }, { ...failures, ...answering(absurd) }, internal, (fails) => ({
      authenticate: (credential) => (credential === undefined ? null : credential.token === 'fine' ? some : fails()),
    }))
    row('`subscribe` of documents', { 'y-websocket': documents.read }, failures, internal, (subscribe) => ({
      yjs: { subscribe },
    }))
    row('`publish` of documents', { 'y-websocket': documents.write }, failures, internal, (publish) => ({
      yjs: { publish },
    }))
  })

  describe('a function that decides, and answers what is neither true nor false,', () => {
    const ways = answering(absurd)
    row(
      '`publish`',
      { ...publishing, ...creating },
      ways,
      forbidden,
      inRule((publish) => ({ publish })),
    )
    row(
      '`manage`',
      managing,
      ways,
      forbidden,
      inRule((manage) => ({ manage })),
    )
    row(
      '`subscribe`',
      reading,
      ways,
      forbidden,
      inRule((subscribe) => ({ subscribe })),
    )
    row('`subscribe` of documents', { 'y-websocket': documents.read }, ways, forbidden, (subscribe) => ({
      yjs: { subscribe },
    }))
    row('`publish` of documents', { 'y-websocket': documents.write }, ways, forbidden, (publish) => ({
      yjs: { publish },
    }))
  })

  describe('`onError`', () => {
    const rules = { bad: { receive: () => Promise.reject(new Error('not today')) } }

    it.each(Object.keys(failures))('harms nobody if it %s', async (way) => {
      vi.spyOn(console, 'error').mockReturnValue() // each failure is printed
      const server = await serveHub({ rules, onError: failures[way] as () => void, limits: { functionMs } })
      for (const form of Object.values(publishing)) expect(await form(server, 'bad')).toBe('internal')
    })
  })
}
