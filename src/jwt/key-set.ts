/** The keys of an issuer's JWK Set: fetched, renewed, and kept while the endpoint fails. */
import type { JsonWebKey, KeyObject } from 'node:crypto'
import { AnywireError } from '../protocol/error.js'
import { fitsKey, type Keys, publicJwk } from './keys.js'
import type { Unverified } from './token.js'

/** Times in milliseconds, and bounds of an answer. */
export const keySetLimits = {
  /** A set is fetched again after so long. Meanwhile it is used. */
  freshMs: 600_000,
  /** A set that cannot be fetched again is used for so long. */
  staleMs: 86_400_000,
  /** A key that is not in the set lets it be fetched again, but not sooner than so long after the last time. */
  cooldownMs: 30_000,
  /** The same where there is no set yet. */
  retryMs: 1_000,
  /** How long one fetch may take. */
  fetchMs: 5_000,
  bytes: 262_144,
  keys: 100,
  /** Keys without a `kid`, or with one that is used twice, that are tried for one token. */
  tried: 4,
} as const

interface SetKey {
  readonly kid: string | undefined
  /** The algorithm that it says it is for. */
  readonly alg: string | undefined
  readonly key: KeyObject
}

export interface KeySetOptions {
  readonly url: URL
  /** @default the global one */
  readonly fetch?: typeof fetch | undefined
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: (() => number) | undefined
  /** @default keySetLimits.fetchMs */
  readonly fetchMs?: number | undefined
}

export class KeySet implements Keys {
  readonly #url: URL
  readonly #fetch: typeof fetch
  readonly #now: () => number
  readonly #fetchMs: number
  #keys: readonly SetKey[] | undefined
  /** When the set that is here was fetched, and when that was last tried. */
  #fetchedAt = 0
  #triedAt = Number.NEGATIVE_INFINITY
  #fetching: Promise<void> | undefined

  constructor({ url, fetch: given = fetch, now = Date.now, fetchMs = keySetLimits.fetchMs }: KeySetOptions) {
    this.#fetchMs = fetchMs
    this.#url = url
    this.#fetch = given
    this.#now = now
  }

  /** @throws (or rejects with) AnywireError `unavailable` while there is no set. */
  keysFor(token: Unverified): readonly KeyObject[] | Promise<readonly KeyObject[]> {
    const age = this.#now() - this.#fetchedAt
    if (this.#keys && age > keySetLimits.staleMs) this.#keys = undefined
    const known = this.#find(token)
    if (known.length === 0) return this.#missed(token)
    if (age > keySetLimits.freshMs && this.#mayTry(keySetLimits.cooldownMs)) void this.#renew()
    return known
  }

  async #missed(token: Unverified): Promise<readonly KeyObject[]> {
    const { cooldownMs, retryMs } = keySetLimits
    if (this.#mayTry(this.#keys ? cooldownMs : retryMs)) await this.#renew()
    else if (this.#fetching) await this.#fetching
    if (this.#keys) return this.#find(token)
    const sentence = 'The keys of the issuer cannot be had now: try again later.'
    throw new AnywireError('unavailable', sentence, { details: { retryMs } })
  }

  #mayTry(pauseMs: number): boolean {
    return this.#fetching === undefined && this.#now() - this.#triedAt >= pauseMs
  }

  /** One fetch serves all who wait. What fails leaves the set as it was. Never rejects. */
  #renew(): Promise<void> {
    this.#triedAt = this.#now()
    this.#fetching ??= this.#load()
      .then(
        (keys) => {
          this.#keys = keys
          this.#fetchedAt = this.#now()
        },
        () => undefined,
      )
      .finally(() => {
        this.#fetching = undefined
      })
    return this.#fetching
  }

  /** Rejects with whatever is wrong with the endpoint or its answer. */
  async #load(): Promise<readonly SetKey[]> {
    const signal = AbortSignal.timeout(this.#fetchMs)
    const headers = { accept: 'application/jwk-set+json, application/json', 'cache-control': 'no-cache' }
    // Another place would be one that the configuration does not name.
    const answer = await this.#fetch(this.#url, { redirect: 'error', signal, headers })
    if (answer.status !== 200) {
      await answer.body?.cancel()
      throw new Error(`The JWK Set was answered with ${answer.status}.`)
    }
    return keysOf(JSON.parse(await boundedText(answer)))
  }

  #find({ alg, kid }: Unverified): readonly KeyObject[] {
    const fits = (one: SetKey) =>
      (kid === undefined || one.kid === kid) && (one.alg === undefined || one.alg === alg) && fitsKey(alg, one.key)
    return (this.#keys ?? [])
      .filter(fits)
      .slice(0, keySetLimits.tried)
      .map(({ key }) => key)
  }
}

async function boundedText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength
    // Leaving the loop cancels the rest.
    if (bytes > keySetLimits.bytes) throw new Error(`The JWK Set has more than ${keySetLimits.bytes} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** The public keys that signatures may be verified with. Others are left out: a set may hold what we do not know. */
function keysOf(set: unknown): SetKey[] {
  const list: unknown = Object(set).keys
  if (!Array.isArray(list)) throw new Error('The JWK Set has no "keys".')
  if (list.length > keySetLimits.keys) throw new Error(`The JWK Set has more than ${keySetLimits.keys} keys.`)
  return list.flatMap((jwk) => {
    try {
      return verifies(jwk) ? [{ kid: jwk.kid, alg: named(jwk.alg), key: publicJwk(jwk) }] : []
    } catch {
      return []
    }
  })
}

interface SetJwk extends JsonWebKey {
  readonly kid: string | undefined
  readonly alg: string | undefined
}

/** A set that shows private keys or secrets has none to trust. */
function verifies(jwk: unknown): jwk is SetJwk {
  const { kid, alg, use, key_ops: operations, d, k } = Object(jwk)
  if (d !== undefined || k !== undefined) return false
  if (use !== undefined && use !== 'sig') return false
  if (Array.isArray(operations) && !operations.includes('verify')) return false
  return [kid, alg].every((text) => text === undefined || typeof text === 'string')
}

/** RFC 9864 names the curve. */
const named = (alg: string | undefined) => (alg === 'Ed25519' ? 'EdDSA' : alg)
