/** Names a credential without telling it. */
import crypto from 'node:crypto'

const digests = new WeakMap<object, string>()

/** The digest of the name that a credential has; kept, as all credentials are asked when one is revoked. */
export function digestOfName(credential: { readonly token?: string | undefined }): string | undefined {
  if (credential.token === undefined) return undefined
  const known = digests.get(credential)
  if (known !== undefined) return known
  const digest = digestOf(credential.token)
  digests.set(credential, digest)
  return digest
}

/** The digest of a text, as base64. */
export function digestOf(text: string, algorithm: 'sha256' | 'sha1' = 'sha256'): string {
  // In one call where Node has it (20.12): a hash of its own is a stream.
  if (typeof crypto.hash === 'function') return crypto.hash(algorithm, text, 'base64')
  return crypto.createHash(algorithm).update(text).digest('base64')
}
