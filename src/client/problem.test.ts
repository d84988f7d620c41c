/** Tests of when a client says what is wrong. What it finds out is tested with browsers. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createDeferred } from './deferred.js'
import type { Problem } from './problem/problem.js'
import { explain, type Watched } from './problem.js'
import { createSignal } from './signal.js'
import type { State, Stats } from './stats.js'

const nothing: Stats = { bytes: 0, messages: 0, reconnects: 0, gaps: 0, decisions: [] }

/** A client without a connection, of a hub that is not there. */
function watched() {
  const state = createSignal<State>('connecting')
  const stats = createSignal<Stats>(nothing)
  const problem = createSignal<Problem | undefined>(undefined)
  return { state, stats, problem } satisfies Watched
}

/** Where nothing listens; another one each time. */
async function nowhere(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await vi.waitUntil(() => server.listening)
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return `http://127.0.0.1:${port}/channels`
}

describe('a client that does not get through', () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
    warn.mockClear()
  })

  it('says so after 3 s, once, and is silent when it does', async () => {
    const client = watched()
    const url = await nowhere()
    explain(client, url, {})
    await vi.advanceTimersByTimeAsync(2_900)
    client.state.set('waiting')
    expect(client.problem.value).toBeUndefined()
    await vi.advanceTimersByTimeAsync(200)
    await vi.waitUntil(async () => {
      await vi.advanceTimersByTimeAsync(100)
      return client.problem.value
    })
    const sentence = `Nothing answers at ${url}. Is the server running, and is this its address?`
    expect(client.problem.value).toEqual({ code: 'unreachable', message: sentence })
    client.state.set('open')
    expect(client.problem.value).toBeUndefined()
    expect(warn.mock.calls).toEqual([[`Anywire: ${sentence}`]])
  })

  it('says nothing of what was wrong before the connection came', async () => {
    const asked = createDeferred<void>()
    const answered = createDeferred<Response>()
    const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation(() => {
      asked.resolve()
      return answered.promise
    })
    onTestFinished(() => fetched.mockRestore())
    const client = watched()
    explain(client, await nowhere(), {})
    await vi.advanceTimersByTimeAsync(3_000)
    await asked.promise
    client.state.set('open')
    answered.resolve(new Response('', { status: 502 }))
    await vi.advanceTimersByTimeAsync(1_000)
    expect(client.problem.value).toBeUndefined()
    expect(warn).not.toHaveBeenCalled()
  })

  it('names options that do not exist, with those that were meant, once', () => {
    const client = watched()
    client.state.set('idle')
    explain(client, 'http://127.0.0.1:1/channels', { transport: ['poll'] } as object)
    explain(client, 'http://127.0.0.1:1/channels', {}, 'publish', { keys: 'a' })
    explain(client, 'http://127.0.0.1:1/channels', {}, 'publish', { keys: 'b' })
    expect(warn.mock.calls.flat()).toEqual([
      'Anywire: There is no option "transport" of connect(): did you mean "transports"?',
      'Anywire: There is no option "keys" of publish(): did you mean "key"?',
    ])
  })
})
