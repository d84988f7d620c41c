/** `anywire serve --workers`: several processes, one port, one folder; whoever of them dies. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { localhost } from '../support/localhost-certificate.js'
import { anywire, type Program } from '../support/program.js'
import { forms, http1, http2, onEveryForm, type Way } from './form-readers.js'
import { byClient, byRequests, FormWorld } from './form-world.js'

const rounds = Number(process.env.TEST_ROUNDS ?? 5)

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'anywire-workers-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function serve(args: readonly string[] = []): Promise<{ server: Program; base: string }> {
  const server = anywire(['serve', '--port', '0', '--workers', '4', '--store', `disk:${folder()}`, ...args])
  const base = `${await server.listening()}/channels`
  await expect.poll(() => workersOf(server).length).toBe(4)
  return { server, base }
}

/** With a certificate that nobody has signed. */
function withTls(): string[] {
  const { cert, key } = localhost()
  const files = { '--cert': join(folder(), 'cert.pem'), '--key': join(folder(), 'key.pem') }
  writeFileSync(files['--cert'], cert)
  writeFileSync(files['--key'], key)
  return Object.entries(files).flat()
}

const childrenOf = (pid: number) => `/proc/${pid}/task/${pid}/children`
const workersOf = ({ child }: Program) =>
  readFileSync(childrenOf(child.pid!), 'utf8').split(' ').filter(Boolean).map(Number)

/** Kills the oldest, again and again, each when everybody has read on. After four rounds each reader has been cut off. */
async function killWorkers(server: Program, world: FormWorld): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const { marks } = world
    const victim = workersOf(server)[0]!
    process.kill(victim, 'SIGKILL')
    await server.until(({ errors }) => errors.includes(`worker ${victim} ended (SIGKILL)`))
    await world.flows(marks)
  }
}

/** The workers said nothing but that some were killed, all are there again, and all end when they are told to. */
async function checkEnd(server: Program): Promise<void> {
  for (const line of server.errors.trim().split('\n')) expect(line).toMatch(/^worker \d+ ended \(SIGKILL\); another/)
  await expect.poll(() => workersOf(server).length).toBe(4)
  // The output is closed when the last of them has ended.
  expect(await server.stop('SIGTERM')).toMatchObject({ code: 0 })
}

const channels = ['n', 'm'] as const
const published = (base: string, way: Way) => [
  byRequests('requests', base, 'n', way),
  byRequests('others', base, 'm', way),
]

describe.skipIf(!existsSync(childrenOf(process.pid)))('four workers', { timeout: 600_000 }, () => {
  it(`promises 1 and 2: keep order and lose nothing on any form, while ${rounds} of them are killed`, async () => {
    const { server, base } = await serve()
    const publishers = [...published(base, http1), byClient('client', base, 'n')]
    const world = new FormWorld(publishers, onEveryForm(base, channels))
    await killWorkers(server, world)
    await world.check()
    await checkEnd(server)
  })

  it(`the same over TLS, with HTTP/1.1 and HTTP/2`, async () => {
    const { server, base } = await serve(withTls())
    const readers = [http1, http2].flatMap((way) => forms(base, channels, { way }))
    const world = new FormWorld(published(base, http2), readers)
    await killWorkers(server, world)
    await world.check()
    await checkEnd(server)
  })
})

describe('workers', () => {
  it('are refused with one sentence where each would have a store for itself', async () => {
    const { code, errors } = await anywire(['serve', '--port', '0', '--workers', '3']).exited
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringMatching(/^error: [^\n]*--store disk:[^\n]*\n$/) })
  })
})
