/** What `jwt` can be told, and its bounds. */
import type { JsonWebKey, KeyObject } from 'node:crypto'
import { anObject, checkShape, type Shape } from '../core/shape.js'
import { AnywireError } from '../protocol/error.js'

/** EdDSA is Ed25519. */
export type Algorithm = 'EdDSA' | 'ES256' | 'RS256' | 'HS256'

/** A public key as PEM, JWK or `KeyObject`; for HS256 a secret of at least 32 bytes. */
export type VerifyKey = string | Uint8Array | JsonWebKey | KeyObject

export interface JwtOptions {
  /** Whose tokens are accepted. Each has keys of its own, which count for its tokens alone. */
  readonly issuers: readonly IssuerOptions[]
  /**
   * Verified tokens that are remembered, each until it expires or for 60 s. More spare CPU where many come again, and
   * cost memory: 16 MiB of tokens at most.
   * @default 10_000
   * @unit tokens
   */
  readonly rememberedTokens?: number | undefined
}

export interface IssuerOptions {
  /** The `iss` of its tokens, letter by letter. @default none: it must be given */
  readonly issuer: string
  /** Where its public keys are: the URL of a JWK Set. `https:`, or `http:` of this machine. @default `key` is given */
  readonly jwks?: string | URL | undefined
  /** Its key, in place of `jwks`. Of several, such as the current and the previous secret, one has to fit. */
  readonly key?: VerifyKey | readonly VerifyKey[] | undefined
  /** The algorithms that are accepted; what a token says of itself never adds one. HS256 stands alone. */
  readonly algorithms: readonly Algorithm[]
  /** Who the tokens must be for: their `aud` holds one of these. @default none: it must be given */
  readonly audience: string | readonly string[]
  /** The claim that names the tenant. @default 'tenant' */
  readonly tenantClaim?: string | undefined
  /** The tenant of all its tokens, whatever they claim: the issuer can grant nothing outside. @default what they claim */
  readonly tenant?: string | undefined
}

/** Bounds and times. */
export const jwtLimits = {
  /** Longest token. Headers of HTTP have 16 KiB in all. */
  tokenLength: 16_384,
  /** Longest `kid`. */
  kidLength: 256,
  /** Longest `sub`. */
  subLength: 512,
  /** Signatures that are verified at once. More would keep threads from others, and hold the loop when many come. */
  verifiedAtOnce: 32,
  /** A verified token is verified again after so long. */
  rememberMs: 60_000,
  /** All remembered tokens together. */
  rememberLength: 16 * 1_048_576,
  /** How far the clock of an issuer may be ahead, for `nbf` and `iat`. */
  skewMs: 5_000,
} as const

const algorithms: ReadonlySet<unknown> = new Set<Algorithm>(['EdDSA', 'ES256', 'RS256', 'HS256'])
const isText = (value: unknown) => typeof value === 'string' && value !== ''
const isList = (value: unknown, fits: (one: unknown) => boolean) =>
  Array.isArray(value) && value.length > 0 && value.every(fits)

const jwtShape: Shape<JwtOptions> = {
  issuers: ['an array of issuers', (value) => isList(value, anObject[1])],
  rememberedTokens: ['a whole number from 0', (value) => Number.isSafeInteger(value) && Number(value) >= 0],
}

const issuerShape: Shape<IssuerOptions> = {
  issuer: ['the "iss" of its tokens', isText],
  jwks: ['the https: URL of a JWK Set', (value) => isSafeUrl(String(value))],
  key: ['a key, or an array of keys', (value) => (Array.isArray(value) ? value.length > 0 : value !== null)],
  algorithms: ['an array of EdDSA, ES256, RS256 and HS256', (value) => isList(value, (one) => algorithms.has(one))],
  audience: ['the "aud" of its tokens, or an array', (value) => isText(value) || isList(value, isText)],
  tenantClaim: ['the name of a claim', isText],
  tenant: ["one segment of a channel's name", (value) => isText(value) && !String(value).includes('/')],
}

/** @throws AnywireError `bad-request` with a sentence that says what is wrong. */
export function checkJwtOptions(options: JwtOptions): JwtOptions {
  checkShape<JwtOptions>('jwt', options, jwtShape)
  if (options.issuers === undefined) throw wrong('jwt needs "issuers": whose tokens are accepted.')
  for (const issuer of options.issuers) checkIssuer(issuer)
  const names = options.issuers.map(({ issuer }) => issuer)
  if (new Set(names).size < names.length) throw wrong('Two issuers of jwt have one name.')
  return options
}

function checkIssuer(given: IssuerOptions): void {
  checkShape<IssuerOptions>('an issuer of jwt', given, issuerShape)
  for (const name of ['issuer', 'algorithms', 'audience'] as const) {
    if (given[name] === undefined) throw wrong(`An issuer of jwt needs "${name}".`)
  }
  const { issuer, jwks, key } = given
  const name = JSON.stringify(issuer)
  if ((jwks === undefined) === (key === undefined)) throw wrong(`The issuer ${name} needs either "jwks" or "key".`)
  if (!given.algorithms.includes('HS256')) return
  // A public key must never be taken for a secret.
  if (jwks !== undefined) throw wrong(`The issuer ${name} has HS256, and a JWK Set holds no secrets: give it a "key".`)
  if (given.algorithms.length > 1) throw wrong(`The issuer ${name} has HS256, which stands alone.`)
}

/** Keys must come from who they are said to come from. */
function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname))
}

export function wrong(sentence: string, cause?: unknown): AnywireError {
  return new AnywireError('bad-request', sentence, { cause })
}
