/** `anywire serve --workers`: several processes, one port, one folder; whoever of them dies. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connect } from '../../src/client/index.js'
import { anywire, type Program } from '../support/program.js'
import { onEveryForm } from './form-readers.js'

const rounds = Number(process.env.ANYWIRE_ROUNDS ?? 5)

async function serve(workers: number): Promise<{ server: Program; base: string }> {
  const path = mkdtempSync(join(tmpdir(), 'anywire-workers-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  const server = anywire(['serve', '--port', '0', '--workers', `${workers}`, '--store', `disk:${path}`])
  return { server, base: `${await server.listening()}/channels` }
}

const childrenOf = (pid: number) => `/proc/${pid}/task/${pid}/children`
const workersOf = ({ child }: Program) =>
  readFileSync(childrenOf(child.pid!), 'utf8').split(' ').filter(Boolean).map(Number)

/** Publishes one number after the other, each until it is acknowledged. */
class Publisher {
  acknowledged = 0
  readonly name: string
  readonly #done: Promise<void>
  #stopped = false

  constructor(name: string, publish: (text: string, seq: number) => Promise<boolean>) {
    this.name = name
    this.#done = this.#run(publish)
  }

  /** All that it has published. */
  async stop(): Promise<string[]> {
    this.#stopped = true
    await this.#done
    return Array.from({ length: this.acknowledged }, (_, seq) => `${this.name} ${seq}`)
  }

  async #run(publish: (text: string, seq: number) => Promise<boolean>): Promise<void> {
    while (!this.#stopped) {
      const seq = this.acknowledged
      if (await publish(`${this.name} ${seq}`, seq)) this.acknowledged++
      else await wait(20)
    }
  }
}

function byRequests(base: string): Publisher {
  return new Publisher('requests', async (text, seq) => {
    const headers = {
      'content-type': 'application/json',
      'producer-id': 'p',
      'producer-epoch': '0',
      'producer-seq': `${seq}`,
    }
    const response = await fetch(`${base}/n`, { method: 'POST', headers, body: JSON.stringify(text) }).catch(
      () => undefined,
    )
    await response?.arrayBuffer().catch(() => undefined)
    return response?.ok ?? false
  })
}

function byClient(base: string): Publisher {
  const client = connect(base)
  onTestFinished(() => client.close())
  return new Publisher('client', async (text) => {
    return client.publish('n', text).then(
      () => true,
      () => false,
    )
  })
}

describe.skipIf(!existsSync(childrenOf(process.pid)))('four workers', { timeout: 120_000 }, () => {
  it(`promises 1 and 2: keep order and lose nothing on any form, while ${rounds} of them are killed`, async () => {
    const { server, base } = await serve(4)
    await expect.poll(() => workersOf(server).length).toBe(4)
    const publishers = [byRequests(base), byClient(base)]
    const readers = onEveryForm(base, 'n')
    const upTo = async (name: string, count: number) => {
      for (const reader of readers)
        await expect
          .poll(() => reader.of(name).length, { timeout: 20_000, message: reader.name })
          .toBeGreaterThan(count)
    }
    for (let round = 0; round < rounds; round++) {
      const before = publishers.map(({ acknowledged }) => acknowledged)
      const workers = workersOf(server)
      const victim = workers[round % workers.length]!
      process.kill(victim, 'SIGKILL')
      await server.until(({ errors }) => errors.includes(`worker ${victim} ended (SIGKILL)`))
      for (const [index, { name }] of publishers.entries()) await upTo(name, before[index]! + 20)
    }
    for (const publisher of publishers) {
      const all = await publisher.stop()
      for (const reader of readers) {
        await expect.poll(() => reader.of(publisher.name).length, { message: reader.name }).toBe(all.length)
        expect(reader.of(publisher.name), reader.name).toEqual(all)
      }
    }
    expect(readers.flatMap(({ name, gaps }) => gaps.map((gap) => `${name}: ${gap}`))).toEqual([])
    for (const line of server.errors.trim().split('\n')) expect(line).toMatch(/^worker \d+ ended \(SIGKILL\); another/)
    await expect.poll(() => workersOf(server).length).toBe(4)
    // The output is closed when the last of them has ended.
    expect(await server.stop('SIGTERM')).toMatchObject({ code: 0 })
  })
})

describe('workers', () => {
  it('are refused with one sentence where each would have a store for itself', async () => {
    const { code, errors } = await anywire(['serve', '--port', '0', '--workers', '3']).exited
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringMatching(/^error: [^\n]*--store disk:[^\n]*\n$/) })
  })
})
