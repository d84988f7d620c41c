/** The configuration of `anywire serve`, as real processes: `config`, `check`, and a server that needs no program. */
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { anywire } from '../support/program.js'

function folderWith(values?: object, name = 'anywire.config.json'): string {
  const folder = mkdtempSync(join(tmpdir(), 'anywire-config-'))
  if (values) writeFileSync(join(folder, name), JSON.stringify(values))
  return folder
}

const issuer = { issuer: 'anywire', audience: 'anywire', algorithms: ['ES256'] }

async function jwksServer(keys: unknown) {
  const server = createServer((_request, response) => response.end(JSON.stringify({ keys }))).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`
}

describe('a server without a program', () => {
  it('takes rules and signed tokens from JSON, and its place from the environment', async () => {
    const jwt = { issuers: [{ ...issuer, keyFile: 'anywire-jwks.json' }] }
    const cwd = folderWith({ jwt, rules: { news: { publish: false } } })
    await anywire(['keys'], { cwd }).exited
    const token = await anywire(['token', '--sub', 'ada', '--subscribe', '*', '--publish', '*'], { cwd }).exited
    const headers = { authorization: `Bearer ${token.lines[0]}`, 'content-type': 'application/json' }
    const env = { ANYWIRE_PORT: '0', ANYWIRE_PATH: '/live' }
    const url = await anywire(['serve'], { cwd, env }).listening()
    const publish = (channel: string, more = {}) =>
      fetch(`${url}/live/${channel}`, { method: 'POST', headers: { ...headers, ...more }, body: '1' })
    expect((await publish('chat')).status).toBe(204)
    expect((await publish('news')).status).toBe(403)
    expect((await publish('chat', { authorization: 'Bearer nobody' })).status).toBe(401)
  })

  it('does not start with an option that it does not know', async () => {
    const ends = await Promise.all([
      anywire(['serve', '--port', '0'], { env: { ANYWIRE_PROT: '1' } }).exited,
      anywire(['serve', '--port', '0'], { cwd: folderWith({ rulse: {} }) }).exited,
    ])
    expect(ends.map(({ code, errors }) => ({ code, errors }))).toEqual([
      { code: 1, errors: 'error: There is no option ANYWIRE_PROT in the environment: did you mean ANYWIRE_PORT?\n' },
      { code: 1, errors: 'error: There is no option "rulse" of anywire.config.json: did you mean "rules"?\n' },
    ])
  })

  it('reads a file in TypeScript where Node does, and otherwise says what would', async () => {
    const cwd = folderWith()
    writeFileSync(join(cwd, 'anywire.config.ts'), "export default { path: '/typed' as string }")
    const { code, lines, errors } = await anywire(['config', '--set'], { cwd }).exited
    const reads = 'typescript' in process.features && process.features.typescript !== false
    if (reads) expect({ code, lines }).toEqual({ code: 0, lines: ['path  "/typed"  anywire.config.ts'] })
    else expect(errors).toMatch(/cannot read the TypeScript of .*: use Node 22\.18 or later, a loader such as tsx/)
  })
})

describe('anywire config', () => {
  it('prints what is in effect and where it is from, without secrets', async () => {
    const cwd = folderWith({
      signedUrls: { secret: 'x'.repeat(32) },
      jwt: { issuers: [{ ...issuer, key: 'hunter2' }] },
    })
    const env = { ANYWIRE_STORE: 'redis://me:hunter2@host' }
    const { code, lines } = await anywire(['config', '--set', '--limits-body-bytes', '9'], { cwd, env }).exited
    expect(code).toBe(0)
    expect(lines.map((line) => line.split(/\s{2,}/))).toEqual([
      ['jwt', expect.stringContaining('"key":"[redacted]"'), 'anywire.config.json'],
      ['store', '"redis://me:[redacted]@host"', 'ANYWIRE_STORE'],
      ['signedUrls.secret', '"[redacted]"', 'anywire.config.json'],
      ['limits.bodyBytes', '9', '--limits-body-bytes'],
    ])
    expect(lines.join()).not.toMatch(/hunter2|xxxx/)
  })

  it('prints every option, and then exits with 1 for what cannot be', async () => {
    const { code, lines, errors } = await anywire(['config', '--port', 'x']).exited
    expect({ code, errors }).toEqual({
      code: 1,
      errors: 'error: --port must be a whole number from 0 to 65535; it is "x".\n',
    })
    expect(lines.length).toBeGreaterThan(60)
  })
})

describe('anywire check', () => {
  it('tries file, keys, store and port, and exits with 0', async () => {
    const cwd = folderWith({
      rules: { a: { keys: true } },
      jwt: { issuers: [{ ...issuer, keyFile: 'anywire-jwks.json' }] },
    })
    await anywire(['keys'], { cwd }).exited
    const { code, lines, errors } = await anywire(['check', '--port', '0', '--store', 'disk:data'], { cwd }).exited
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    expect(lines).toEqual([
      'ok: 4 options are set, with anywire.config.json',
      'ok: rules, limits, tokens',
      'ok: store disk:data',
      'ok: port 0 of 127.0.0.1',
    ])
  })

  it('says of everything that is wrong what it is, and exits with 1', async () => {
    const taken = new URL(await anywire(['serve', '--port', '0']).listening()).port
    const jwks = await jwksServer([{ kty: 'oct', k: 'secret' }])
    const cwd = folderWith({ rules: { a: { keys: true, key: 'no pointer' } }, jwt: { issuers: [{ ...issuer, jwks }] } })
    const asked = ['check', '--port', taken, '--store', 'redis://127.0.0.1:9']
    const { code, errors } = await anywire(asked, { cwd }).exited
    expect(code).toBe(1)
    expect(errors.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^error: .*no pointer/),
      expect.stringMatching(/^error: The JWK Set at .* has no key for ES256\.$/),
      expect.stringMatching(/^error: .*127\.0\.0\.1:9|^error: .*ECONNREFUSED/),
      expect.stringMatching(new RegExp(`^error: Port ${taken} is in use`)),
    ])
  })

  it.each([
    [['--host', '0.0.0.0'], /only this machine is served/],
    [['--hsts'], /--hsts needs --tls/],
    [['--cert', 'a.pem'], /--cert and --key go together/],
    [['--tls', '--h2c'], /--h2c is HTTP\/2 without TLS/],
    [['--cert', 'a.pem', '--key', 'b.pem', '--port', '0'], /There is no file a\.pem/],
  ])('says what is wrong with %j', async (args, sentence) => {
    const { code, errors } = await anywire(['check', ...args]).exited
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringMatching(sentence) })
  })
})
