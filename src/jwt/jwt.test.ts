/** Tests of `jwt`: which tokens are accepted, what they stand for, and what attacks on them come to. */
import { createHash, createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { respelt } from '../../test/support/base64.js'
import { jwt } from './jwt.js'
import type { Algorithm, IssuerOptions, JwtOptions } from './options.js'
import type { TokenPrincipal } from './principal.js'

const es = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed = generateKeyPairSync('ed25519')
const secret = 'a secret of more than 32 bytes for tests'
const iss = 'https://issuer.example'
const audience = 'https://push.example'

const issuer = (more: Partial<IssuerOptions> = {}): IssuerOptions => ({
  issuer: iss,
  key: es.publicKey,
  algorithms: ['ES256'],
  audience,
  ...more,
})

interface Signed {
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: object
  readonly key?: KeyObject | Uint8Array
  readonly alg?: Algorithm
}

const inAnHour = () => Math.floor(Date.now() / 1_000) + 3_600

function sign({ claims = {}, header = {}, key = es.privateKey, alg = 'ES256' }: Signed = {}): Promise<string> {
  return new SignJWT({ iss, aud: audience, sub: 'ann', exp: inAnHour(), ...claims })
    .setProtectedHeader({ alg, ...header })
    .sign(key)
}

const request = {} as IncomingMessage
const admit = async (token: string, options: JwtOptions = { issuers: [issuer()] }) =>
  (await jwt(options)({ kind: 'bearer', token }, request)) as TokenPrincipal
const refusal = (token: string, options?: JwtOptions) =>
  admit(token, options).then(
    () => 'accepted',
    (thrown: Error) => `${Object(thrown).code}: ${thrown.message}`,
  )

const encode = (part: unknown) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')

describe('a token', () => {
  it.each<[Algorithm, KeyObject | Uint8Array, IssuerOptions['key']]>([
    ['ES256', es.privateKey, es.publicKey.export({ type: 'spki', format: 'pem' }).toString()],
    ['RS256', rsa.privateKey, rsa.publicKey],
    ['EdDSA', ed.privateKey, ed.publicKey.export({ format: 'jwk' })],
    ['HS256', Buffer.from(secret), secret],
  ])('signed with %s stands for its `sub`, until it expires, with its grants and claims', async (alg, key, verify) => {
    const exp = inAnHour()
    const token = await sign({ alg, key, claims: { exp, channels: { 'inbox/{sub}': ['subscribe'] }, role: 'x' } })
    const principal = await admit(token, { issuers: [issuer({ algorithms: [alg], key: verify })] })
    expect(principal).toMatchObject({ id: 'ann', expiresAt: exp * 1_000, claims: { role: 'x', aud: audience } })
    expect(principal.grants.allows('subscribe', 'inbox/ann')).toBe(true)
    expect(principal.grants.allows('subscribe', 'inbox/bob')).toBe(false)
  })

  it('without any grant allows nothing', async () => {
    expect((await admit(await sign())).grants.allows('subscribe', 'news')).toBe(false)
  })

  it('may be signed with the current secret or with the previous one', async () => {
    const previous = 'the previous secret, just as long as it'
    const options = { issuers: [issuer({ algorithms: ['HS256'], key: [secret, previous] })] }
    for (const one of [secret, previous]) {
      expect(await admit(await sign({ alg: 'HS256', key: Buffer.from(one) }), options)).toMatchObject({ id: 'ann' })
    }
    const wrong = await sign({ alg: 'HS256', key: Buffer.from(secret.replace('a', 'b')) })
    expect(await refusal(wrong, options)).toMatch(/^unauthorized: The signature/)
  })

  it('of one of several issuers stands for a principal of that issuer, and is verified with its keys alone', async () => {
    const partner = issuer({ issuer: 'https://partner.example', key: other.publicKey, tenant: 'partner' })
    const options = { issuers: [issuer(), partner] }
    const channels = { 'chat/*': ['subscribe'] }
    const [own, theirs] = [{ channels }, { iss: partner.issuer, channels, tenant: 'acme' }]
    expect(await admit(await sign({ claims: own }), options)).toMatchObject({ id: `${iss} ann` })
    const principal = await admit(await sign({ claims: theirs, key: other.privateKey }), options)
    expect(principal.id).toBe('https://partner.example ann')
    const allowed = ['chat/1', 'acme/chat/1', 'partner/chat/1'].map((one) => principal.grants.allows('subscribe', one))
    expect(allowed).toEqual([false, false, true])
    expect(await refusal(await sign({ claims: own, key: other.privateKey }), options)).toMatch(/The signature/)
    expect(await refusal(await sign({ claims: theirs }), options)).toMatch(/The signature/)
  })

  it('tells by what it can be revoked: its `jti` and itself, `sid`, tenant and `iat`', async () => {
    const iat = Math.floor(Date.now() / 1_000) - 60
    const token = await sign({ claims: { jti: 'one', sid: 's', tenant: 't', iat } })
    const { revocable } = await admit(token)
    const digest = createHash('sha256').update(token).digest('base64')
    expect(revocable).toEqual({ token: 'one', digest, session: 's', tenant: 't', issuedAt: iat * 1_000 })
    const odd = await admit(await sign({ claims: { jti: 7, sid: '' } }))
    expect(odd.revocable).toEqual({ digest: expect.any(String) })
  })

  it('was issued by the time at which it came, if the clock of its issuer is ahead', async () => {
    const { revocable } = await admit(await sign({ claims: { iat: Math.floor(Date.now() / 1_000) + 4 } }))
    expect(revocable.issuedAt).toBeLessThanOrEqual(Date.now())
  })

  it('names its tenant by the claim that the issuer uses', async () => {
    const token = await sign({ claims: { org: 'acme', tenant: 'else', channels: { c: ['subscribe'] } } })
    const { grants } = await admit(token, { issuers: [issuer({ tenantClaim: 'org' })] })
    expect(['acme/c', 'else/c', 'c'].map((one) => grants.allows('subscribe', one))).toEqual([true, false, false])
  })

  it('that did not come is not judged', () => {
    expect(jwt({ issuers: [issuer()] })(undefined, request)).toBeUndefined()
  })

  it.each<[string, Signed, RegExp]>([
    ['has expired', { claims: { exp: 1_000 } }, /expired/],
    ['never expires', { claims: { exp: undefined } }, /lacks "exp"/],
    ['is not valid yet', { claims: { nbf: inAnHour() } }, /"nbf" lies ahead/],
    ['is for somebody else', { claims: { aud: 'https://other.example' } }, /"aud"/],
    ['is for nobody', { claims: { aud: undefined } }, /"aud"/],
    ['names nobody', { claims: { sub: undefined } }, /"sub"/],
    ['names nobody by an empty name', { claims: { sub: '' } }, /"sub"/],
    ['has a name of 513 characters', { claims: { sub: 'x'.repeat(513) } }, /"sub"/],
    ['is of nobody', { claims: { iss: undefined } }, /"iss"/],
    ['is of another issuer', { claims: { iss: `${iss}/` } }, /not accepted here/],
    ['is of a member of Object', { claims: { iss: '__proto__' } }, /not accepted here/],
    ['is signed with another key', { key: other.privateKey }, /The signature/],
    [
      'is signed with an algorithm that is not accepted',
      { alg: 'EdDSA', key: ed.privateKey },
      /"EdDSA"; of its issuer ES256/,
    ],
    ['is for another purpose', { header: { typ: 'logout+jwt' } }, /another purpose/],
    ['has a `kid` that is too long', { header: { kid: 'x'.repeat(257) } }, /"kid"/],
    ['has a `kid` that is no string', { header: { kid: { $gt: '' } } }, /"kid"/],
    ['asks for what nobody knows', { header: { crit: ['x'], x: 1 } }, /no JWT that can be verified|^unauthorized/],
    ['has a grant that is malformed', { claims: { channels: { 'a//b': ['subscribe'] } } }, /"channels"/],
    ['has a tenant that is malformed', { claims: { tenant: 'a/b' } }, /"tenant"/],
  ])('that %s is refused', async (_, signed, sentence) => {
    const { header = {} } = signed
    const hard = 'crit' in header
    const token = hard ? await forged({ ...header, alg: 'ES256' }) : await sign(signed)
    expect(await refusal(token)).toMatch(sentence)
    expect(await refusal(token)).toMatch(/^unauthorized: /)
  })

  it.each(['', 'x', 'a.b', '..', 'a.b.c.d.e', 'null.null.null', `${encode([])}.${encode({ iss })}.x`])(
    'that is none (%j) is refused',
    async (token) => expect(await refusal(token)).toMatch(/^unauthorized: The token is no JWT/),
  )

  it('that is too long is refused before it is read', async () => {
    expect(await refusal('x'.repeat(16_385))).toMatch(/16385 characters; the limit is 16384/)
  })

  it('of claims that are nested 10,000 levels deep is refused', async () => {
    const deep = `{"iss":"${iss}","sub":"ann","aud":"${audience}","exp":${inAnHour()},"channels":${'['.repeat(5_000)}${']'.repeat(5_000)}}`
    const token = await forged({ alg: 'ES256' }, deep)
    expect(await refusal(token)).toMatch(/^unauthorized: /)
  })
})

/** A token with a header that nobody should make, and a signature that may be anything. */
async function forged(header: object, claims: unknown = { iss, aud: audience, sub: 'ann', exp: inAnHour() }) {
  const signature = (await sign()).split('.')[2]
  return `${encode(header)}.${encode(claims)}.${signature}`
}

describe('an attack', () => {
  it.each(['none', 'None', 'NONE', '', 'HS256', 'RS256', 'ES384'])('by `alg: %s` is refused', async (alg) => {
    const token = await forged({ alg })
    expect(await refusal(token)).toMatch(/of its issuer ES256 is accepted/)
    expect(await refusal(`${token.split('.').slice(0, 2).join('.')}.`)).toMatch(/^unauthorized: /)
  })

  it('with a public key for a secret is refused, and cannot be configured', async () => {
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const claims = { iss, aud: audience, sub: 'ann', exp: inAnHour() }
    const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
    const token = `${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`
    const options = { issuers: [issuer({ algorithms: ['RS256'], key: pem })] }
    expect(await refusal(token, options)).toMatch(/of its issuer RS256 is accepted/)
    expect(() => jwt({ issuers: [issuer({ algorithms: ['HS256'], key: pem })] })).toThrow(/key in PEM/)
    expect(() => jwt({ issuers: [issuer({ algorithms: ['HS256', 'RS256'], key: pem })] })).toThrow(/stands alone/)
  })

  it.each(['jku', 'jwk', 'x5u', 'x5c'])('that brings its own key as `%s` is refused', async (name) => {
    const brought = { jwk: other.publicKey.export({ format: 'jwk' }), x5c: ['AAAA'] }
    const value = brought[name as 'jwk'] ?? 'https://evil.example/keys'
    expect(await refusal(await sign({ key: other.privateKey, header: { [name]: value } }))).toMatch(/The signature/)
  })

  it('by another spelling of a signature is refused: a token that was revoked would have another digest', async () => {
    for (const alg of ['ES256', 'HS256'] as const) {
      const options = { issuers: [issuer(alg === 'HS256' ? { algorithms: [alg], key: secret } : {})] }
      const token = await sign(alg === 'HS256' ? { alg, key: Buffer.from(secret) } : {})
      expect(await refusal(token, options)).toBe('accepted')
      for (const one of respelt(token)) {
        expect(await refusal(one, options)).toBe('unauthorized: The token is no JWT: its signature cannot be read.')
      }
    }
  })

  it('by a header or claims that are no base64url is refused before a key is looked for', async () => {
    const [header = '', claims = '', signature] = (await sign()).split('.')
    expect(await refusal(`${header}=.${claims}.${signature}`)).toMatch(/its header cannot be read/)
    expect(await refusal(`${header}.${claims} .${signature}`)).toMatch(/its claims cannot be read/)
  })

  it('on the claims of a token that was accepted is refused', async () => {
    const authenticate = jwt({ issuers: [issuer()] })
    const token = await sign()
    await authenticate({ kind: 'bearer', token }, request)
    const [header, , signature] = token.split('.')
    const more = encode({ iss, aud: audience, sub: 'root', exp: inAnHour() })
    const changed = `${header}.${more}.${signature}`
    await expect(authenticate({ kind: 'bearer', token: changed }, request)).rejects.toMatchObject({
      code: 'unauthorized',
    })
  })
})

describe('a token that comes again', () => {
  it('is answered at once, with the same principal', async () => {
    const authenticate = jwt({ issuers: [issuer()] })
    const token = await sign()
    const [first, second] = [
      authenticate({ kind: 'bearer', token }, request),
      authenticate({ kind: 'frame', token }, request),
    ]
    // Two at once are one verification.
    expect(await first).toBe(await second)
    expect(authenticate({ kind: 'bearer', token }, request)).toBe(await first)
  })

  it('is verified anew where none are remembered', async () => {
    const authenticate = jwt({ issuers: [issuer()], rememberedTokens: 0 })
    const token = await sign()
    await authenticate({ kind: 'bearer', token }, request)
    expect(authenticate({ kind: 'bearer', token }, request)).toBeInstanceOf(Promise)
  })

  it('after it was refused is refused again', async () => {
    const authenticate = jwt({ issuers: [issuer()] })
    const token = await sign({ key: other.privateKey })
    for (let i = 0; i < 2; i++) {
      await expect(authenticate({ kind: 'bearer', token }, request)).rejects.toMatchObject({ code: 'unauthorized' })
    }
  })
})

describe('options', () => {
  it.each<[string, unknown, RegExp]>([
    ['no issuers', {}, /"issuers"/],
    ['an empty list', { issuers: [] }, /"issuers"/],
    ['two of one name', { issuers: [issuer(), issuer()] }, /one name/],
    ['no algorithms', { issuers: [{ ...issuer(), algorithms: undefined }] }, /"algorithms"/],
    ['an unknown algorithm', { issuers: [issuer({ algorithms: ['none' as 'ES256'] })] }, /"algorithms"/],
    ['no audience', { issuers: [{ ...issuer(), audience: undefined }] }, /"audience"/],
    ['neither key nor set', { issuers: [issuer({ key: undefined })] }, /either "jwks" or "key"/],
    ['both', { issuers: [issuer({ jwks: 'https://x.example' })] }, /either "jwks" or "key"/],
    ['a set over plain HTTP', { issuers: [issuer({ key: undefined, jwks: 'http://x.example' })] }, /"jwks"/],
    [
      'a set with HS256',
      { issuers: [issuer({ key: undefined, jwks: 'https://x.example', algorithms: ['HS256'] })] },
      /no secrets/,
    ],
    ['a short secret', { issuers: [issuer({ algorithms: ['HS256'], key: 'short' })] }, /5 bytes; HS256 needs 32/],
    ['a key that is none', { issuers: [issuer({ key: 'key' })] }, /no public key/],
    ['a key of another kind', { issuers: [issuer({ key: rsa.publicKey })] }, /fits none of its algorithms/],
    ['a misspelt option', { issuers: [issuer()], rememberTokens: 1 }, /did you mean "rememberedTokens"/],
  ])('with %s are refused', (_, options, sentence) => {
    expect(() => jwt(options as JwtOptions)).toThrow(sentence)
  })
})
