/** The keys of an issuer: those of its configuration, and which keys an algorithm may be verified with. */
import { createPublicKey, createSecretKey, type JsonWebKey, KeyObject } from 'node:crypto'
import { type Algorithm, type IssuerOptions, type VerifyKey, wrong } from './options.js'
import type { Unverified } from './token.js'

/** Keys that a token may be signed with. */
export interface Keys {
  /** None: no key fits. @throws (or rejects with) AnywireError `unavailable` where that cannot be known now. */
  keysFor(token: Unverified): readonly KeyObject[] | Promise<readonly KeyObject[]>
}

const leastSecretBytes = 32

/** The keys that stand in the configuration. @throws AnywireError `bad-request` for one that cannot be. */
export function givenKeys({ issuer, key, algorithms }: IssuerOptions): Keys {
  const given = (Array.isArray(key) ? key : [key]) as readonly VerifyKey[]
  const keys = given.map((one) => (algorithms.includes('HS256') ? secretOf(issuer, one) : publicKeyOf(issuer, one)))
  const fits = (one: KeyObject) => algorithms.some((algorithm) => fitsKey(algorithm, one))
  if (!keys.every(fits)) throw wrong(`A key of the issuer ${JSON.stringify(issuer)} fits none of its algorithms.`)
  return { keysFor: ({ alg }) => keys.filter((one) => fitsKey(alg, one)) }
}

/** Whether tokens of this algorithm may be verified with the key. What the token says never decides that alone. */
export function fitsKey(algorithm: string, { type, asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  switch (algorithm as Algorithm) {
    case 'HS256':
      return type === 'secret'
    case 'RS256': {
      const bits = asymmetricKeyDetails?.modulusLength ?? 0
      return type === 'public' && asymmetricKeyType === 'rsa' && bits >= 2_048 && bits <= 8_192
    }
    case 'ES256':
      return type === 'public' && asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1'
    case 'EdDSA':
      return type === 'public' && asymmetricKeyType === 'ed25519'
    default:
      return false
  }
}

function secretOf(issuer: string, key: VerifyKey): KeyObject {
  const name = JSON.stringify(issuer)
  const isObject = key instanceof KeyObject && key.type === 'secret'
  if (typeof key !== 'string' && !(key instanceof Uint8Array) && !isObject) {
    throw wrong(`The secret of the issuer ${name} must be a string or bytes.`)
  }
  const bytes = isObject ? key.export() : Buffer.from(key as string)
  // What everybody may know is no secret.
  if (bytes.includes('-----BEGIN')) throw wrong(`The secret of the issuer ${name} is a key in PEM: HS256 has a secret.`)
  if (bytes.length < leastSecretBytes) {
    throw wrong(`The secret of the issuer ${name} has ${bytes.length} bytes; HS256 needs ${leastSecretBytes}.`)
  }
  return createSecretKey(bytes)
}

function publicKeyOf(issuer: string, key: VerifyKey): KeyObject {
  try {
    if (key instanceof KeyObject) return key.type === 'private' ? createPublicKey(key) : key
    if (key instanceof Uint8Array) return createPublicKey(Buffer.from(key))
    return typeof key === 'string' ? createPublicKey(key) : publicJwk(key)
  } catch (cause) {
    const sentence = `A key of the issuer ${JSON.stringify(issuer)} is no public key in PEM, and no JWK of one.`
    throw wrong(sentence, cause)
  }
}

/** @throws what Node throws for a JWK that it cannot read. */
export function publicJwk(jwk: JsonWebKey): KeyObject {
  return createPublicKey({ key: jwk, format: 'jwk' })
}
