/** `anywire serve --workers --admin`: one internal port for all workers. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anywire } from '../support/program.js'

const patience = { timeout: 60_000 }

async function served(...args: string[]) {
  const store = `disk:${mkdtempSync(join(tmpdir(), 'anywire-workers-'))}`
  const where = ['--port', '0', '--store', store, '--admin', '127.0.0.1:0', '--workers', '2', ...args]
  const server = anywire(['serve', ...where])
  await server.until(({ lines }) => lines.some((line) => line.startsWith('metrics and health')))
  const url = (server.lines[0] ?? '').replace('listening on ', '')
  const internal = server.lines.find((line) => line.startsWith('metrics'))?.replace(/.* on /, '') ?? ''
  const textOf = async (path: string) => (await fetch(internal + path)).text()
  const sumOf = async (family: string) =>
    Array.from((await textOf('/metrics')).matchAll(new RegExp(`^${family}(?:{[^}]*})? (\\d+)$`, 'gm')), ([, value]) =>
      Number(value),
    ).reduce((sum, value) => sum + value, 0)
  const publish = () =>
    fetch(`${url}/channels/a`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: '1',
    })
  return { server, internal, textOf, sumOf, publish }
}

describe('the internal port of workers', () => {
  it('adds up what all of them counted, also those that died', { timeout: 180_000 }, async () => {
    const { server, textOf, sumOf, publish } = await served()
    for (let n = 0; n < 20; n++) expect((await publish()).status).toBe(204)
    await expect.poll(() => sumOf('anywire_publishes_total'), patience).toBe(20)
    expect(await textOf('/metrics/channels')).toContain('# TYPE anywire_channel_readers gauge')
    const pids = async () =>
      (await import('node:fs')).readFileSync(`/proc/${server.child.pid}/task/${server.child.pid}/children`, 'utf8')
    const first = Number((await pids()).trim().split(' ')[0])
    process.kill(first, 'SIGKILL')
    await server.until(({ errors }) => errors.includes(`worker ${first} ended (SIGKILL)`))
    expect(await sumOf('anywire_publishes_total')).toBe(20)
    expect((await publish()).status).toBe(204)
    await expect.poll(() => sumOf('anywire_publishes_total'), patience).toBe(21)
  })

  it('is alive and ready, and not ready once it is told to leave', { timeout: 180_000 }, async () => {
    const { server, internal } = await served('--drain-lame-ms', '60000')
    const statusOf = async (path: string) => (await fetch(internal + path)).status
    expect([await statusOf('/healthz'), await statusOf('/readyz')]).toEqual([200, 200])
    server.child.kill('SIGTERM')
    await expect.poll(() => statusOf('/readyz'), patience).toBe(503)
    expect(await statusOf('/healthz')).toBe(200)
  })
})
