/** Every function that an application gives the client, and every way in which it may fail: the rest of the client goes on. */
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  type Client,
  type ConnectOptions,
  connect,
  type OnItem,
  type SubscribeOptions,
} from '../../src/client/index.js'
import { serveHub } from '../support/hub-server.js'
import { dataOf } from './join.js'

type Any = () => never

/** As a module spells them. */
const ways: Record<string, string> = {
  throws: '() => { throw new Error("The application is broken.") }',
  'throws undefined': '() => { throw undefined }',
  rejects: 'async () => { throw new Error("The application is broken.") }',
  'never answers': '() => new Promise(() => undefined)',
  'answers nonsense': '() => Symbol("nonsense")',
}

const moduleOf = (source: string) => `data:text/javascript,${encodeURIComponent(`export default ${source}`)}`
const functionOf = async (way: string): Promise<Any> => (await import(moduleOf(ways[way]!))).default

/** A client with one function of the application that fails, which the test calls by way of a channel "own". */
interface Given {
  readonly connect?: (fail: Any) => ConnectOptions
  readonly subscribe?: (fail: Any, way: string) => SubscribeOptions
  readonly onItem?: (fail: Any) => OnItem
  readonly act?: (client: Client, fail: Any) => unknown
}

const functions: Record<string, Given> = {
  onItem: { onItem: (fail) => fail },
  schema: {
    subscribe: (fail) => ({ schema: { '~standard': { version: 1, vendor: 'test', validate: fail } } }),
  },
  'the transform that a module makes': {
    subscribe: (_, way) => ({ worker: moduleOf(`() => ${ways[way]}`) }),
  },
  'what a module exports': {
    subscribe: (_, way) => ({ worker: moduleOf(ways[way]!) }),
  },
  'failing of a subscription': { subscribe: (fail) => ({ failing: fail }) },
  'queued and failing of a publish': {
    act: (client, fail) => client.publish('own', 'mine', { queued: fail, failing: fail }),
  },
  'listener of a state': { act: (client, fail) => client.state.subscribe(fail) },
  'listener of stats': { act: (client, fail) => client.stats.subscribe(fail) },
  'outbox.refused': { connect: (fail) => ({ outbox: { refused: fail } }) },
}

describe.each(Object.keys(functions))('%s', (name) => {
  it.each(Object.keys(ways))('%s: other readers and publishes go on', async (way) => {
    const reported: unknown[] = []
    vi.spyOn(console, 'error').mockImplementation((thrown) => reported.push(thrown))
    onTestFinished(() => void vi.restoreAllMocks())
    let failures = 2
    const subscribe = () => {
      if (failures-- > 0) throw new Error('The server fails too.')
      return true
    }
    const { hub, url } = await serveHub({ rules: { own: { subscribe } }, onError() {} })
    const given = functions[name]!
    const fail = await functionOf(way)
    const client = connect(url(), given.connect?.(fail))
    onTestFinished(() => client.close())
    const own = client.subscribe('own', { from: 'start', ...given.subscribe?.(fail, way) }, given.onItem?.(fail))
    own.closed.catch(() => undefined)
    void Promise.resolve(given.act?.(client, fail)).catch(() => undefined)
    const other = client.subscribe('other', { from: 'start' })
    await hub.publish('own', 1)
    await client.publish('other', 1)
    await client.publish('own', 2)
    await hub.publish('other', 2)
    expect(await dataOf(other, 2)).toEqual([1, 2])
    expect(await dataOf(client.subscribe('other', { from: 'start' }), 2)).toEqual([1, 2])
  })
})

describe('token', () => {
  it.each(Object.keys(ways))('%s: is asked for again, and the client goes on with the next answer', async (way) => {
    const { hub, url } = await serveHub({
      authenticate: (credential) => (credential?.token === 'good' ? { id: 'a' } : null),
    })
    let asked = 0
    const fail = await functionOf(way)
    const token = () => (asked++ < 2 ? fail() : 'good')
    const client = connect(url(), { token, times: { proofMs: 300, answerMs: 300, refusedMs: 10 } })
    onTestFinished(() => client.close())
    await hub.publish('n', 1)
    expect(await dataOf(client.subscribe('n', { from: 'start' }), 1)).toEqual([1])
    await client.publish('n', 2)
  })
})
