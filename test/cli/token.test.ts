/** `anywire keys` and `anywire token`, as real processes. */
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { jwt, type TokenPrincipal } from '../../src/jwt/index.js'
import { anywire } from '../support/program.js'

const folder = () => mkdtempSync(join(tmpdir(), 'anywire-keys-'))

/** Makes keys in a new folder, and answers the options that name them. */
async function keys(...args: string[]) {
  const at = folder()
  const [key, jwks] = [join(at, 'key.json'), join(at, 'jwks.json')]
  const { code } = await anywire(['keys', '--key', key, '--jwks', jwks, ...args]).exited
  return { code, key, jwks }
}

const token = async (...args: string[]) => (await anywire(['token', ...args]).exited).lines.at(-1) ?? ''
const admit = async (jwks: string, given: string) => {
  const { keys: list } = JSON.parse(readFileSync(jwks, 'utf8'))
  const algorithms = list.map(({ alg }: { alg: string }) => alg)
  const authenticate = jwt({ issuers: [{ issuer: 'anywire', audience: 'anywire', algorithms, key: list }] })
  return (await authenticate({ kind: 'bearer', token: given }, undefined as never)) as TokenPrincipal
}

describe('anywire keys', () => {
  it('keeps the private key from others, shows nothing of it in the set, and overwrites nothing', async () => {
    const { code, key, jwks } = await keys()
    expect(code).toBe(0)
    expect(statSync(key).mode & 0o777).toBe(0o600)
    const [shown] = JSON.parse(readFileSync(jwks, 'utf8')).keys
    expect(shown).toMatchObject({ kty: 'EC', alg: 'ES256', use: 'sig', kid: expect.any(String) })
    expect(shown).not.toHaveProperty('d')
    const again = await anywire(['keys', '--key', key, '--jwks', jwks]).exited
    expect([again.code, again.errors]).toEqual([1, expect.stringContaining('exists already')])
  })
})

describe('anywire token', () => {
  it.each(['ES256', 'EdDSA', 'RS256'])('signs with %s what the set verifies', async (alg) => {
    const { key, jwks } = await keys('--alg', alg)
    const who = ['--sub', 'ann', '--subscribe', 'chat/*', '--publish', 'chat/*', '--manage', 'own/{sub}']
    const given = await token(...who, '--expires', '1h', '--key', key)
    const principal = await admit(jwks, given)
    expect(principal.id).toBe('ann')
    expect(principal.grants.allows('publish', 'chat/7')).toBe(true)
    expect(principal.grants.allows('manage', 'own/ann')).toBe(true)
    expect(Math.round((principal.expiresAt - Date.now()) / 60_000)).toBe(60)
  })

  it('signs with a secret, too', async () => {
    const file = join(folder(), 'secret')
    writeFileSync(file, 'a secret of more than 32 bytes, in a file\n')
    const given = await token('--sub', 'ann', '--subscribe', 'news', '--key', file)
    const { code, lines } = await anywire(['token', '--check', given, '--key', file]).exited
    expect([code, lines]).toEqual([
      0,
      [expect.stringMatching(/^Accepted: it is of "ann", until 20/), 'subscribe: news'],
    ])
  })

  it('says what a token allows', async () => {
    const { key, jwks } = await keys()
    const who = ['--sub', 'ann', '--tenant', 'acme', '--subscribe', 'chat/:room', '--publish', 'chat/:room']
    const given = await token(...who, '--subscribe', 'inbox/{sub}/*', '--key', key)
    const { lines } = await anywire(['token', '--check', given, '--key', jwks]).exited
    expect(lines.slice(1)).toEqual(['subscribe, publish: acme/chat/:room', 'subscribe: acme/inbox/ann/*'])
  })

  it.each<[string, string[], string[], RegExp]>([
    ['was signed with another key', [], [], /signature/],
    ['is of another issuer', [], ['--issuer', 'other'], /whose tokens are not accepted/],
    ['is for somebody else', [], ['--audience', 'other'], /"aud"/],
  ])('says why one is refused that %s', async (_, signing, checking, sentence) => {
    const [own, other] = [await keys(), await keys()]
    const given = await token('--sub', 'ann', '--key', own.key, ...signing)
    const at = checking.length === 0 ? other.jwks : own.jwks
    const { code, errors } = await anywire(['token', '--check', given, '--key', at, ...checking]).exited
    expect([code, errors]).toEqual([1, expect.stringMatching(sentence)])
  })

  it.each<[string, string[], RegExp]>([
    ['nobody to hold it', [], /--sub/],
    ['a time that is none', ['--sub', 'ann', '--expires', 'soon'], /no time such as/],
    ['a pattern that cannot be', ['--sub', 'ann', '--subscribe', 'a//b'], /empty segment/],
    ['no key', ['--sub', 'ann', '--key', '/nowhere'], /anywire keys/],
  ])('signs nothing with %s', async (_, args, sentence) => {
    const { key } = await keys()
    const { code, errors } = await anywire(['token', '--key', key, ...args]).exited
    expect([code, errors]).toEqual([1, expect.stringMatching(sentence)])
  })
})
