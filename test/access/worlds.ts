/** One node in memory, and two nodes over one Redis, that take the same tokens. */
import { SignJWT } from 'jose'
import { beforeAll, onTestFinished } from 'vitest'
import type { HubOptions, Principal } from '../../src/index.js'
import { jwt } from '../../src/jwt/index.js'
import { redis } from '../../src/stores/redis/index.js'
import { type HubServer, serveHub } from '../support/hub-server.js'
import { RedisServer } from '../support/redis.js'

/** Where something is done, and where it shows: the same node, or another one. */
export interface World {
  readonly here: HubServer
  readonly there: HubServer
}

export type Serve = (options?: HubOptions) => Promise<World>

const memory: Serve = async (options) => {
  const here = await serveHub({ ...taking, ...options })
  return { here, there: here }
}

/** Each calls `use` in a suite of its own. */
export const worlds: Readonly<Record<string, () => Serve>> = {
  'one node in memory': () => memory,
  'two nodes over Redis': () => {
    let server: RedisServer
    beforeAll(async () => {
      server = await RedisServer.start({ kept: 'no' })
      return () => server.stop()
    })
    const node = async (options?: HubOptions) =>
      serveHub({ ...taking, ...options, store: await redis({ url: server.url }) })
    return async (options) => {
      // The hubs are closed before: what is done last at the end was told first.
      onTestFinished(async () => void (await server.ask('FLUSHALL')))
      return { here: await node(options), there: await node(options) }
    }
  },
}

export const issuer = 'https://app.example'
export const audience = 'https://push.example'
export const secret = 'a secret of more than 32 bytes for tests'

/** Reads and publishes `n`, reads `m`. */
export const both = { n: ['subscribe', 'publish'], m: ['subscribe'] }

export interface Signed {
  readonly sub?: string
  readonly aud?: string
  readonly secret?: string
  readonly lifeMs?: number
  readonly channels?: object
  /** Further claims. */
  readonly claims?: Readonly<Record<string, unknown>>
}

export function sign(signed: Signed = {}): Promise<string> {
  const { sub = 'ann', aud = audience, secret: key = secret, lifeMs = 60_000, channels = both, claims } = signed
  // `exp` counts seconds, and may have a fraction.
  const exp = (Date.now() + lifeMs) / 1_000
  return new SignJWT({ iss: issuer, aud, sub, exp, channels, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.from(key))
}

export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

const taking: HubOptions = {
  authenticate: jwt({ issuers: [{ issuer, audience, algorithms: ['HS256'], key: secret }] }),
  queryToken: true,
  cookie: 'sid',
}

/** Takes every token for the name of a principal, with facts about it. */
export const named =
  (facts: Readonly<Record<string, Partial<Principal>>> = {}) =>
  (credential?: { readonly token: string }) =>
    credential && { id: credential.token, ...facts[credential.token] }
