/** The conformance suite of Durable Streams against `anywire serve`, direct or through a proxy. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { runConformanceTests } from '@durable-streams/server-conformance-tests'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ProxyName, type RunningProxy, startProxy } from '../support/proxies.js'
import { RedisServer } from '../support/redis.js'

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
/** What runs the server: `RUNTIME=$(scripts/bun)` lets it be Bun. @default Node */
const runtime = process.env.RUNTIME ?? process.execPath
/** What the suite holds, without the 6 tests of webhook and pull subscriptions, which it leaves out unless asked. */
const tests = 332

/** Declares the suite's tests, and one that counts them. */
export function conformance(through: 'direct' | ProxyName, store: 'memory' | 'disk' | 'redis' = 'memory'): void {
  const folder = mkdtempSync(join(tmpdir(), 'anywire-conformance-'))
  const options = { baseUrl: '', longPollTimeoutMs: 15_000 }
  let server: ChildProcess | undefined
  let proxy: RunningProxy | undefined
  let redis: RedisServer | undefined
  let ran = 0

  beforeAll(async () => {
    const trust = through === 'direct' ? [] : ['--trust-proxy']
    if (store === 'redis') redis = await RedisServer.start()
    const kept = { memory: [], disk: ['--store', `disk:${folder}`], redis: ['--store', String(redis?.url)] }[store]
    const args = ['serve', '--create', 'explicit', '--path', '/v1/stream', '--port', '0', ...trust, ...kept]
    server = spawn(runtime, [program, ...args])
    const [line] = await once(createInterface({ input: server.stdout! }), 'line')
    const url = String(line).replace('listening on ', '')
    if (through !== 'direct') proxy = await startProxy(through, url)
    options.baseUrl = proxy?.url ?? url
    // Varnish compiles its configuration first.
  }, 60_000)
  afterAll(async () => {
    await proxy?.stop()
    server?.kill('SIGTERM')
    const [code] = server ? await once(server, 'close') : [0]
    await redis?.stop()
    rmSync(folder, { recursive: true, force: true })
    expect(code).toBe(0)
  })

  describe(`Durable Streams, ${through}, on ${store}`, () => {
    runConformanceTests(options)
  })
  it('has run every test of the suite', ({ task }) => {
    for (const other of task.file.tasks) ran += count(other)
    expect(ran - 1).toBe(tests)
  })
}

interface Task {
  readonly type: string
  readonly mode: string
  readonly tasks?: readonly Task[]
}

function count(task: Task): number {
  if (task.type === 'test') return task.mode === 'run' ? 1 : 0
  return (task.tasks ?? []).reduce((sum, one) => sum + count(one), 0)
}
