/** `anywire backup`: a folder is copied while a hub uses it, and readers who had more than the copy are told so. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connect } from '../../src/client/index.js'
import { freePort } from '../support/free-port.js'
import { anywire } from '../support/program.js'

const json = { 'content-type': 'application/json' }

/** A hub on a folder, at the same port as the others of the test. */
async function serve(port: number, folder: string) {
  const server = anywire(['serve', '--port', `${port}`, '--store', `disk:${folder}`])
  const channel = `${await server.listening()}/channels/n`
  /** Answers the position behind it. */
  const publish = async (value: unknown) => {
    const { status, headers } = await fetch(channel, { method: 'POST', headers: json, body: JSON.stringify(value) })
    expect(status).toBeLessThan(300)
    return headers.get('stream-next-offset')
  }
  return { server, channel, publish }
}

describe('a backup', () => {
  it('promise 3: is made while a hub writes; put back, it tells reset to all who had more, and to no other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'anywire-backup-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const [data, copy, port] = [join(folder, 'data'), join(folder, 'copy'), await freePort()]
    const first = await serve(port, data)
    const client = connect(`http://127.0.0.1:${port}/channels`)
    onTestFinished(() => client.close())
    const seen: unknown[] = []
    const read = async () => {
      for await (const item of client.subscribe('n', { from: 'start' }))
        seen.push(item.kind === 'message' ? item.data : item.kind === 'gap' ? item.reason : item.kind)
    }
    read().catch((thrown) => seen.push(`ended: ${thrown}`))
    const kept = await first.publish('kept')
    const copying = await anywire(['backup', data, copy]).exited
    expect([copying.code, copying.lines, copying.errors]).toEqual([0, [`copied to ${copy}`], ''])
    const lost = await first.publish('lost')
    await expect.poll(() => seen).toEqual(['kept', 'lost'])
    await first.server.stop('SIGTERM')

    const second = await serve(port, copy)
    const beyond = await fetch(`${second.channel}?offset=${lost}`)
    expect([beyond.status, await beyond.json()]).toMatchObject([410, { error: { code: 'gap', reason: 'reset' } }])
    const within = await fetch(`${second.channel}?offset=${kept}`)
    expect([within.status, await within.json()]).toEqual([200, []])
    await second.publish('after')
    await expect.poll(() => seen).toEqual(['kept', 'lost', 'reset', 'kept', 'after'])
  })

  it('is refused with a sentence where there is no store, or one in its place', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'anywire-backup-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const { code, errors } = await anywire(['backup', folder, join(folder, 'copy')]).exited
    expect(code).not.toBe(0)
    expect(errors).toContain(`There is no store in the folder "${folder}".`)
  })
})
