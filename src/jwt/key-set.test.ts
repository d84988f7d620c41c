/** Tests of JWK Sets: rotation, and endpoints that fail, hang, redirect, answer too much or something old. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { KeySet, keySetLimits } from './key-set.js'
import type { Unverified } from './token.js'

const pair = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey
const [a, b] = [pair(), pair()]
const jwkOf = (key: KeyObject, kid?: string, more: object = {}) => ({ ...key.export({ format: 'jwk' }), kid, ...more })
const set = (...keys: object[]) => JSON.stringify({ keys })
const token = (kid?: string, alg = 'ES256'): Unverified => ({ alg, kid, iss: 'i' })

/** An endpoint whose answer can be changed, a set that reads it, and a clock that stands. */
async function endpoint(first: RequestListener | string, fetchMs?: number) {
  let answer = first
  let requests = 0
  let now = 1_000_000
  const server = createServer((request, response) => {
    if (typeof answer === 'string') response.end(answer)
    else answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`)
  const counted: typeof fetch = (...given) => {
    requests++
    return fetch(...given)
  }
  const keys = new KeySet({ url, fetch: counted, now: () => now, fetchMs })
  return {
    keys,
    /** How many keys there are for the token, or the code of the error. */
    find: async (one: Unverified) => {
      try {
        return (await keys.keysFor(one)).length
      } catch (thrown) {
        return Object(thrown).code as string
      }
    },
    becomes(next: RequestListener | string) {
      answer = next
    },
    pass(ms: number) {
      now += ms
    },
    get requests() {
      return requests
    },
  }
}

/** A set like any other, but for its size. */
const padded = set(jwkOf(a, 'a')) + ' '.repeat(keySetLimits.bytes)

const broken: [string, RequestListener | string][] = [
  ['fails', (_, response) => void response.writeHead(500).end()],
  ['hangs', () => undefined],
  ['hangs within its body', (_, response) => void response.write('{"keys":[')],
  ['ends early', (_, response) => void response.writeHead(200, { 'Content-Length': 99 }).destroy()],
  ['is huge', (_, response) => void response.end(padded)],
  [
    'is huge when inflated',
    (_, response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(padded))
    },
  ],
  ['redirects', (_, response) => void response.writeHead(302, { Location: '/elsewhere' }).end()],
  ['is no JSON', '<html>'],
  ['is no set', '[]'],
  ['holds too many keys', set(...Array.from({ length: keySetLimits.keys + 1 }, () => ({})))],
]

/** The key is found in the end: on a busy machine a short fetch may take too long. */
const found = ({ pass, find }: Awaited<ReturnType<typeof endpoint>>) =>
  expect
    .poll(() => {
      pass(keySetLimits.retryMs)
      return find(token('a'))
    })
    .toBe(1)

describe.each(broken)('an endpoint that %s', (_, answer) => {
  it('gives no keys, and is not asked again at once', async () => {
    const server = await endpoint(answer, 200)
    const both = Promise.all([server.find(token('a')), server.find(token('b'))])
    expect(await both).toEqual(['unavailable', 'unavailable'])
    expect(await server.find(token('a'))).toBe('unavailable')
    expect(server.requests).toBe(1)
    server.becomes(set(jwkOf(a, 'a')))
    await found(server)
  })

  it('leaves the keys that were there, for a day', async () => {
    const server = await endpoint(set(jwkOf(a, 'a')), 200)
    const { find, becomes, pass } = server
    await found(server)
    becomes(answer)
    pass(keySetLimits.freshMs + 1)
    expect(await find(token('a'))).toBe(1)
    expect(await find(token('b'))).toBe(0)
    expect(await find(token('a'))).toBe(1)
    pass(keySetLimits.staleMs)
    expect(await find(token('a'))).toBe('unavailable')
  })
})

describe('a key set', () => {
  it('is fetched once for all who wait, and not again while it is fresh', async () => {
    const server = await endpoint(set(jwkOf(a, 'a')))
    expect(await Promise.all(Array.from({ length: 20 }, () => server.find(token('a'))))).toEqual(Array(20).fill(1))
    server.pass(keySetLimits.freshMs)
    expect(await server.find(token('a'))).toBe(1)
    expect(server.requests).toBe(1)
  })

  it('is fetched again for a key that it does not have, but for nobody more than every 30 s', async () => {
    const server = await endpoint(set(jwkOf(a, 'a')))
    expect(await server.find(token('a'))).toBe(1)
    server.becomes(set(jwkOf(a, 'a'), jwkOf(b, 'b')))
    expect(await server.find(token('b'))).toBe(0)
    expect(server.requests).toBe(1)
    server.pass(keySetLimits.cooldownMs)
    expect(await server.find(token('b'))).toBe(1)
    for (let kid = 0; kid < 50; kid++) expect(await server.find(token(`random ${kid}`))).toBe(0)
    expect(server.requests).toBe(2)
  })

  it('holds what the endpoint says last: of an older set, the keys of that', async () => {
    const server = await endpoint(set(jwkOf(a, 'a'), jwkOf(b, 'b')))
    expect(await server.find(token('b'))).toBe(1)
    server.becomes(set(jwkOf(a, 'a')))
    server.pass(keySetLimits.cooldownMs)
    expect(await server.find(token('c'))).toBe(0)
    expect([await server.find(token('a')), await server.find(token('b'))]).toEqual([1, 0])
    server.becomes(set(jwkOf(a, 'a'), jwkOf(b, 'b')))
    server.pass(keySetLimits.cooldownMs)
    expect(await server.find(token('b'))).toBe(1)
  })

  it('gives a key for its own algorithm and use alone', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
    const ed = generateKeyPairSync('ed25519').publicKey
    const { find } = await endpoint(
      set(
        jwkOf(a, 'es'),
        jwkOf(rsa, 'rs', { use: 'sig' }),
        jwkOf(ed, 'ed', { alg: 'Ed25519' }),
        jwkOf(small, 'small'),
        jwkOf(a, 'enc', { use: 'enc' }),
        jwkOf(a, 'ops', { key_ops: ['deriveBits'] }),
        jwkOf(rsa, 'ps', { alg: 'PS256' }),
        { kty: 'oct', k: Buffer.from('x'.repeat(32)).toString('base64url'), kid: 'secret' },
        { ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid: 'private' },
        { kty: 'EC', crv: 'P-256', x: '!', y: 7, kid: 'broken' },
        { kty: 'unknown', kid: 'unknown' },
      ),
    )
    const found: Record<string, string[]> = {}
    const kids = ['es', 'rs', 'ed', 'small', 'enc', 'ops', 'ps', 'secret', 'private', 'broken', 'unknown']
    for (const kid of kids) {
      const fits = ['ES256', 'RS256', 'EdDSA', 'HS256', 'none'].map(async (alg) => ({
        alg,
        count: await find(token(kid, alg)),
      }))
      found[kid] = (await Promise.all(fits)).filter(({ count }) => count !== 0).map(({ alg }) => alg)
    }
    const none = { small: [], enc: [], ops: [], ps: [], secret: [], private: [], broken: [], unknown: [] }
    expect(found).toEqual({ es: ['ES256'], rs: ['RS256'], ed: ['EdDSA'], ...none })
  })

  it.each(['../a', '__proto__', 'constructor', "a' OR '1'='1", 'a\0', 'A', ''])(
    'has no key for the kid %j',
    async (kid) => {
      const { find } = await endpoint(set(jwkOf(a, 'a')))
      expect(await find(token(kid))).toBe(0)
    },
  )

  it('tries four keys at most for a token that names none', async () => {
    const { find } = await endpoint(set(...Array.from({ length: 9 }, () => jwkOf(a))))
    expect(await find(token())).toBe(4)
    expect(await find(token('a'))).toBe(0)
  })
})
