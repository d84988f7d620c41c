/** The rules and servers that the guide and the examples show: whatever a client sends is refused in their words, and ends nothing. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import type { Hub } from '../../src/index.js'
import { blocksOf } from '../docs/blocks.js'
import { talk } from '../hostile/talk.js'
import { ask, post } from '../support/clients/request.js'
import { listen } from '../support/hub-server.js'
import { Program } from '../support/program.js'
import { startTutorial } from '../support/tutorial.js'

/** JSON that is no message of theirs. */
const odd = [null, 1, '', [[]], {}, { text: null }, { text: { toString: 1 } }, { id: 1, name: {}, text: [] }]
const paths = ['//', '/constructor', '/__proto__', '/%', '*', '//[', 'http://a:b', '/..']

const folder = fileURLToPath(new URL('../../node_modules/.cache/guide-rules/', import.meta.url))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** The hub of the guide's rules, without what is done with it there. */
async function guideHub(): Promise<Hub> {
  const rules = blocksOf('docs/channels-and-rules.md').find(({ file }) => file === 'rules.mjs')
  const [code] = rules!.code.split('await hub.publish')
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}rules.mjs`, `${code}\nexport { hub }`)
  const { hub } = (await import(/* @vite-ignore */ `${folder}rules.mjs`)) as { hub: Hub }
  onTestFinished(() => hub.close({ graceMs: 0 }))
  return hub
}

/** Asks for each path over a bare socket; then the server still answers. */
async function outlives(program: Program): Promise<void> {
  const { host, port } = new URL(await program.listening())
  for (const path of paths) {
    await talk(Number(port), Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`))
  }
  expect((await ask(`http://${host}/`)).status).toBe(200)
  expect(program.child.exitCode).toBeNull()
}

describe("the guide's rules", () => {
  it('refuse what is no message in their own words, and show no credential to others', async () => {
    const server = createServer()
    ;(await guideHub()).attach(server)
    const url = `${await listen(server)}/channels/chat/7`
    const ann = { authorization: 'Bearer secret-of-ann' }
    for (const data of odd) expect((await post(url, [data], ann)).code).toBe('rejected')
    expect((await post(url, { text: 'Hello' })).code).toBe('forbidden')
    expect((await post(url, { text: 'Hello' }, ann)).json()).toEqual({ at: expect.any(Number) })
    expect((await ask(url)).json()).toEqual([{ from: 'ann', text: 'Hello' }])
  })
})

describe('the example servers', () => {
  it('chat: refuses what is no message in its own words, and outlives odd paths', async () => {
    const program = new Program('scripts/run.js', ['chat', '--port', '0'])
    const url = `${await program.listening()}/channels/chat/7`
    for (const data of odd) expect((await post(url, [data])).code).toBe('rejected')
    await outlives(program)
  })

  it('tutorial: outlives odd paths', async () => {
    await outlives(startTutorial())
  })
})
