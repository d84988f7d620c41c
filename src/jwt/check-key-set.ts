/** Tries the JWK Set of an issuer: for `anywire check`. */
import { KeySet } from './key-set.js'
import { type IssuerOptions, wrong } from './options.js'

/** Rejects with an AnywireError: the set cannot be had, or has no key for the algorithms of the issuer. */
export async function checkKeySet({ issuer, jwks, algorithms }: IssuerOptions): Promise<void> {
  if (jwks === undefined) return
  const keys = new KeySet({ url: new URL(jwks) })
  for (const alg of algorithms) {
    try {
      const found = await keys.keysFor({ alg, iss: issuer, kid: undefined })
      if (found.length > 0) return
    } catch (cause) {
      throw wrong(`The JWK Set of the issuer ${JSON.stringify(issuer)} at ${jwks} cannot be had.`, cause)
    }
  }
  throw wrong(`The JWK Set at ${jwks} has no key for ${algorithms.join(', ')}.`)
}
