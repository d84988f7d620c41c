/** Files of keys: which key one holds, and which algorithm it is for. */
import { createPrivateKey, createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Algorithm } from '../jwt/index.js'
import { AnywireError } from '../protocol/index.js'

/** Where `anywire keys` writes, and `anywire token` reads. */
export const signingKeyFile = 'anywire-key.json'
export const publicKeyFile = 'anywire-jwks.json'

export interface FileKey {
  readonly key: KeyObject
  readonly alg: Algorithm
  readonly kid: string | undefined
}

/**
 * The keys in a file: a JWK, a JWK Set, a key in PEM, or the bytes of a secret.
 * @throws AnywireError `bad-request` for a file that cannot be read, or holds a key of another kind
 */
export function readKeys(file: string): readonly FileKey[] {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (cause) {
    const hint = 'make keys with "anywire keys", or name another file'
    throw new AnywireError('bad-request', `${file} cannot be read: ${hint}.`, { cause })
  }
  const text = bytes.toString().trim()
  try {
    if (text.startsWith('{')) return jwksOf(JSON.parse(text)).map(ofJwk)
    return [ofObject(text.startsWith('-----BEGIN') ? ofPem(text) : createSecretKey(Buffer.from(text)))]
  } catch (cause) {
    throw new AnywireError('bad-request', `${file} holds no key for EdDSA, ES256, RS256 or HS256.`, { cause })
  }
}

interface NamedJwk extends JsonWebKey {
  readonly kid?: string
}

const jwksOf = (given: NamedJwk & { readonly keys?: readonly NamedJwk[] }): readonly NamedJwk[] => given.keys ?? [given]

function ofJwk(jwk: NamedJwk): FileKey {
  const given = { key: jwk, format: 'jwk' } as const
  return ofObject(jwk.d === undefined ? createPublicKey(given) : createPrivateKey(given), jwk.kid)
}

const ofPem = (text: string) => (text.includes('PRIVATE') ? createPrivateKey(text) : createPublicKey(text))

function ofObject(key: KeyObject, kid?: string): FileKey {
  const algorithms: Readonly<Record<string, Algorithm>> = { ed25519: 'EdDSA', ec: 'ES256', rsa: 'RS256' }
  const alg = key.type === 'secret' ? 'HS256' : algorithms[key.asymmetricKeyType ?? '']
  if (alg === undefined) throw new TypeError('No key of ours.')
  return { key, alg, kid }
}
