/** `anywire revoke`, as a real process, of a server that takes tokens. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ask } from '../support/clients/request.js'
import { anywire } from '../support/program.js'

const secret = join(mkdtempSync(join(tmpdir(), 'anywire-revoke-')), 'secret')
writeFileSync(secret, 'a secret of more than 32 bytes, in a file\n')

const issuer = { issuer: 'anywire', audience: 'anywire', algorithms: ['HS256'], keyFile: secret }

/** A server that takes tokens of the secret; where its channels are. */
async function serve(): Promise<string> {
  const program = anywire(['serve', '--port', '0', '--jwt', JSON.stringify({ issuers: [issuer] })])
  await program.until(({ lines }) => lines.length > 0)
  return `${program.lines[0]?.split(' ').at(-1)}/channels`
}

async function token(...args: string[]): Promise<string> {
  return (await anywire(['token', '--key', secret, ...args]).exited).lines[0] ?? ''
}

const statusOf = async (url: string, given?: string) =>
  (await ask(url, { headers: given === undefined ? {} : { Authorization: `Bearer ${given}` } })).status

describe('anywire revoke', () => {
  it('takes back what a principal has, for who may', async () => {
    const url = await serve()
    const [ann, admin] = [
      await token('--sub', 'ann', '--subscribe', 'n'),
      await token('--sub', 'root', '--manage', '$revoked'),
    ]
    const by = (credential: string, ...args: string[]) =>
      anywire(['revoke', ...args, '--url', url, '--token', credential]).exited
    const refused = await by(ann, 'principal', 'root')
    expect([refused.code, refused.errors]).toEqual([1, expect.stringContaining('lacks a grant of "manage"')])
    const past = await by(admin, 'principal', 'ann', '--issued-before', '2020-01-01')
    expect([past.code, await statusOf(`${url}/n`, ann)]).toEqual([0, 200])
    const done = await by(admin, 'token', ann)
    expect([done.code, done.lines]).toEqual([0, [expect.stringMatching(/^Revoked: the token, until 20/)]])
    expect(await statusOf(`${url}/n`, ann)).toBe(401)
    expect((await by(admin, 'user', 'ann')).errors).toContain('Allowed choices are token, principal')
  })
})
