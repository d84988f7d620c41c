/** `jwt`: an `authenticate` that takes signed tokens, with what they grant. docs/access.md. */
import type { KeyObject } from 'node:crypto'
import { digestOf } from '../core/access/digest.js'
import { refuseToken } from '../core/access/refusals.js'
import type { Principal } from '../core/rule.js'
import { AnywireError } from '../protocol/error.js'
import type { Authenticate } from '../server/options.js'
import { AtOnce } from './at-once.js'
import { type Jose, loadJose } from './jose.js'
import { KeySet } from './key-set.js'
import { givenKeys, type Keys } from './keys.js'
import { checkJwtOptions, type IssuerOptions, type JwtOptions, jwtLimits } from './options.js'
import { principalOf, type TokenPrincipal } from './principal.js'
import { checkLength, readToken, type Unverified } from './token.js'
import { VerifiedTokens } from './verified.js'

interface Issuer {
  readonly options: IssuerOptions
  readonly keys: Keys
}

/** A token as it came, and its SHA-256. */
interface Given {
  readonly token: string
  readonly digest: string
}

/**
 * Takes tokens of these issuers, wherever a credential may stand. What a token does not grant is refused: see `grants`
 * of a principal. Without a credential it answers undefined. Needs the package `jose`.
 * @throws AnywireError `bad-request` for options that cannot be. The `authenticate` throws, or rejects with,
 * `unauthorized` and a sentence that says what is wrong with a token, `unavailable` while the keys of its issuer cannot
 * be had, `internal` where `jose` is not installed
 */
export function jwt(options: JwtOptions): Authenticate {
  const tokens = new Tokens(checkJwtOptions(options))
  const authenticate: Authenticate = (credential) =>
    credential === undefined ? undefined : tokens.principalOf(credential.token)
  return Object.assign(authenticate, { forget: (isRevoked: (one: Principal) => boolean) => tokens.forget(isRevoked) })
}

class Tokens {
  readonly #issuers: ReadonlyMap<string, Issuer>
  readonly #verified: VerifiedTokens
  readonly #lane = new AtOnce(jwtLimits.verifiedAtOnce)
  /** Those being verified: many may come with one token at once. */
  readonly #verifying = new Map<string, Promise<TokenPrincipal>>()

  constructor({ issuers, rememberedTokens = 10_000 }: JwtOptions) {
    this.#issuers = new Map(issuers.map((one) => [one.issuer, { options: one, keys: keysOf(one) }]))
    this.#verified = new VerifiedTokens(rememberedTokens)
  }

  /** At once for a token that was verified of late. */
  principalOf(token: string): TokenPrincipal | Promise<TokenPrincipal> {
    checkLength(token)
    const hash = digestOf(token)
    const known = this.#verified.get(hash, Date.now()) ?? this.#verifying.get(hash)
    if (known) return known
    const verifying = this.#verify({ token, digest: hash }, readToken(token))
      .then((principal) => {
        this.#verified.add(hash, principal, token.length, Date.now())
        return principal
      })
      .finally(() => this.#verifying.delete(hash))
    this.#verifying.set(hash, verifying)
    return verifying
  }

  /** Those that are revoked are verified again, if they come again. */
  forget(isRevoked: (principal: Principal) => boolean): void {
    this.#verified.forget(isRevoked)
  }

  async #verify(given: Given, unverified: Unverified): Promise<TokenPrincipal> {
    const { alg, iss } = unverified
    const issuer = this.#issuers.get(iss)
    if (!issuer) throw refuseToken(`The token is of ${spell(iss)}, whose tokens are not accepted here.`)
    const { options, keys } = issuer
    if (!(options.algorithms as readonly string[]).includes(alg)) {
      const accepted = options.algorithms.join(', ')
      throw refuseToken(`The token says that it is signed with ${spell(alg)}; of its issuer ${accepted} is accepted.`)
    }
    const candidates = await keys.keysFor(unverified)
    if (candidates.length === 0) throw refuseToken('The token is signed with a key that its issuer does not have.')
    const { jwtVerify } = await loadJose()
    return this.#lane.run(() => this.#tryKeys(given, alg, candidates, options, jwtVerify))
  }

  async #tryKeys(
    { token, digest }: Given,
    alg: string,
    candidates: readonly KeyObject[],
    options: IssuerOptions,
    jwtVerify: Jose['jwtVerify'],
  ): Promise<TokenPrincipal> {
    const asked = {
      algorithms: [alg],
      issuer: options.issuer,
      audience: options.audience as string | string[],
      requiredClaims: ['exp', 'sub'],
      clockTolerance: jwtLimits.skewMs / 1_000,
    }
    let refusal: unknown
    for (const key of candidates) {
      try {
        const { payload } = await jwtVerify(token, key, asked)
        return principalOf(payload, options, { alone: this.#issuers.size === 1, digest })
      } catch (thrown) {
        refusal = thrown
        // Another key may fit; nothing else can be better with it.
        if (Object(thrown).code !== 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED') break
      }
    }
    throw refusalOf(refusal)
  }
}

function keysOf(options: IssuerOptions): Keys {
  return options.jwks === undefined ? givenKeys(options) : new KeySet({ url: new URL(options.jwks) })
}

/** What `jose` found wrong, in a sentence. */
function refusalOf(thrown: unknown): AnywireError {
  if (thrown instanceof AnywireError) return thrown
  const { code, claim } = Object(thrown)
  if (code === 'ERR_JWT_EXPIRED') return refuseToken('The token has expired: come with a new one.', thrown)
  if (code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED') {
    return refuseToken('The signature of the token is not of a key of its issuer.', thrown)
  }
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED') return refuseToken(claimSentence(String(claim)), thrown)
  return refuseToken('The token is no JWT that can be verified.', thrown)
}

function claimSentence(claim: string): string {
  if (claim === 'aud') return 'The token is for somebody else: its "aud" is not an "audience" of this server.'
  if (claim === 'nbf') return 'The token is not valid yet: its "nbf" lies ahead.'
  return `The token lacks "${claim}", or has one that is not accepted.`
}

function spell(text: string): string {
  return JSON.stringify(text.slice(0, 80))
}
