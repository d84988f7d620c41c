/** `anywire serve` and SIGHUP: what has changed in its file is taken over, all of it or nothing. */
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anywire, type Program } from '../support/program.js'

const slow = { timeout: 180_000 }
const patience = { timeout: 30_000 }

function world() {
  const cwd = mkdtempSync(join(tmpdir(), 'anywire-reload-'))
  const save = (values: object, name = 'anywire.config.json') => writeFileSync(join(cwd, name), JSON.stringify(values))
  return { cwd, save }
}

/** SIGHUP, until it has been answered. */
async function hangUp(program: Program): Promise<string> {
  const answers = () =>
    `${program.lines.join('\n')}\n${program.errors}`.match(/^.*configuration (loaded|stays).*$/gm) ?? []
  const before = answers().length
  program.child.kill('SIGHUP')
  await program.until(() => answers().length > before)
  return answers().at(-1) ?? ''
}

const publishTo = (url: string, headers: Record<string, string> = {}, body = '1') =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body }).then(
    ({ status }) => status,
  )

describe('SIGHUP', () => {
  it('takes over rules and limits, and says which names have changed', slow, async () => {
    const { cwd, save } = world()
    save({ rules: { a: { publish: false } } })
    const server = anywire(['serve', '--port', '0'], { cwd })
    const url = `${await server.listening()}/channels/a`
    expect(await publishTo(url)).toBe(403)
    save({ rules: {}, limits: { messageBytes: 4 } })
    expect(await hangUp(server)).toBe('configuration loaded: rules, limits.messageBytes')
    expect([await publishTo(url), await publishTo(url, {}, '"long"')]).toEqual([204, 413])
    expect(await hangUp(server)).toBe('configuration loaded: nothing has changed')
    expect((await server.stop('SIGTERM')).code).toBe(0)
  })

  it.each([
    ['what cannot be', { rules: { a: { publish: 1 } } }, /The rule "a" must have as "publish"/],
    ['an unknown name', { rules: {}, rulse: {} }, /There is no option "rulse" of anywire.config.json/],
    ['what holds from start to end', { rules: {}, path: '/x', store: 'disk:./d' }, /What "path", "store" says holds/],
    ['a file that is no JSON', '{', /could not be loaded/],
  ])('takes over nothing where there is %s, and says why', slow, async (_what, values, sentence) => {
    const { cwd, save } = world()
    save({ rules: { a: { publish: false } } })
    const server = anywire(['serve', '--port', '0'], { cwd })
    const url = `${await server.listening()}/channels/a`
    if (typeof values === 'string') writeFileSync(join(cwd, 'anywire.config.json'), values)
    else save(values)
    const answer = await hangUp(server)
    expect(answer).toMatch(/^the configuration stays as it was: /)
    expect(answer).toMatch(sentence)
    expect(await publishTo(url)).toBe(403)
  })

  it('takes over other keys in the same file: tokens of the old one are refused', slow, async () => {
    const { cwd, save } = world()
    const issuer = { issuer: 'anywire', audience: 'anywire', algorithms: ['ES256'], keyFile: 'jwks.json' }
    save({ jwt: { issuers: [issuer] } })
    const keys = (name: string) =>
      anywire(['keys', '--key', `${name}.json`, '--jwks', `${name}-set.json`], { cwd }).exited
    const tokenBy = async (name: string) => {
      const args = ['token', '--key', `${name}.json`, '--sub', 'ada', '--publish', '*']
      return { authorization: `Bearer ${(await anywire(args, { cwd }).exited).lines[0]}` }
    }
    await Promise.all([keys('old'), keys('new')])
    copyFileSync(join(cwd, 'old-set.json'), join(cwd, 'jwks.json'))
    const server = anywire(['serve', '--port', '0'], { cwd })
    const url = `${await server.listening()}/channels/a`
    const [before, after] = await Promise.all([tokenBy('old'), tokenBy('new')])
    expect([await publishTo(url, before), await publishTo(url, after)]).toEqual([204, 401])
    copyFileSync(join(cwd, 'new-set.json'), join(cwd, 'jwks.json'))
    expect(await hangUp(server)).toBe('configuration loaded: jwt')
    expect([await publishTo(url, before), await publishTo(url, after)]).toEqual([401, 204])
  })

  it('runs a program of options again', slow, async () => {
    const { cwd } = world()
    const file = join(cwd, 'anywire.config.mjs')
    const program = (id: string) =>
      `export default { queryToken: true, authenticate: (c) => (c?.token === '${id}' ? { id: '${id}' } : null) }`
    writeFileSync(file, program('ann'))
    const server = anywire(['serve', '--port', '0'], { cwd })
    const url = `${await server.listening()}/channels/a`
    expect([await publishTo(`${url}?token=ann`), await publishTo(`${url}?token=bob`)]).toEqual([204, 401])
    writeFileSync(file, program('bob'))
    expect(await hangUp(server)).toBe('configuration loaded: authenticate')
    expect([await publishTo(`${url}?token=ann`), await publishTo(`${url}?token=bob`)]).toEqual([401, 204])
  })

  it('reaches all workers', slow, async () => {
    const { cwd, save } = world()
    save({ rules: { a: { publish: false } }, store: 'disk:./data', workers: 2 })
    const server = anywire(['serve', '--port', '0'], { cwd })
    const url = `${await server.listening()}/channels/a`
    save({ rules: {}, store: 'disk:./data', workers: 2 })
    // Each is asked by connections of its own until both have read it.
    const answers = async () => {
      server.child.kill('SIGHUP')
      const all = Array.from({ length: 8 }, () => publishTo(url, { connection: 'close' }))
      return new Set(await Promise.all(all))
    }
    await expect.poll(answers, patience).toEqual(new Set([204]))
    expect((await server.stop('SIGTERM')).code).toBe(0)
  })
})
