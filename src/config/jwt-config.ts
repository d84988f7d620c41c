/** `jwt` of the configuration: an `authenticate` by signed tokens, with keys in files. */
import { type IssuerOptions, type JwtOptions, jwt } from '../jwt/index.js'
import type { Authenticate } from '../server/options.js'
import { readKeys } from './key-file.js'

/** The options of `jwt`; an issuer may name a file of keys. */
export interface TokenConfig extends Omit<JwtOptions, 'issuers'> {
  readonly issuers: readonly TokenIssuer[]
}

export interface TokenIssuer extends IssuerOptions {
  /** A file with its keys, in place of `key`: a JWK, a JWK Set, PEM, or the bytes of a secret. @default `key` or `jwks` */
  readonly keyFile?: string | undefined
}

/** @throws AnywireError `bad-request` for options that cannot be, and files that hold no key. */
export function authenticateBy({ issuers, ...rest }: TokenConfig): Authenticate {
  return jwt({ ...rest, issuers: Array.isArray(issuers) ? issuers.map(withKeys) : issuers })
}

function withKeys(issuer: TokenIssuer): IssuerOptions {
  if (issuer?.keyFile === undefined) return issuer
  const { keyFile, ...rest } = issuer
  return { ...rest, key: readKeys(keyFile).map(({ key }) => key) }
}
