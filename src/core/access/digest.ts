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

/** The SHA-256 of a text, as base64. */
export function digestOf(text: string): string {
  // Node has the quicker one from 20.12 on.
  if (typeof crypto.hash === 'function') return crypto.hash('sha256', text, 'base64')
  return crypto.createHash('sha256').update(text).digest('base64')
}
