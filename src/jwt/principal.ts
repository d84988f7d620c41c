/** The principal that a verified token stands for. */
import { grantsOf } from '../core/access/claims.js'
import type { Grants } from '../core/access/grants.js'
import { refuseToken } from '../core/access/refusals.js'
import type { Principal, RevocableFacts } from '../core/rule.js'
import { type IssuerOptions, jwtLimits } from './options.js'

export interface TokenPrincipal extends Principal {
  readonly expiresAt: number
  readonly grants: Grants
  readonly revocable: RevocableFacts
  /** All claims of the token, for rules. */
  readonly claims: Readonly<Record<string, unknown>>
}

export interface TokenFacts {
  /** There is no other issuer, so that `sub` names one principal. Otherwise the issuer is part of the id. */
  readonly alone: boolean
  /** The SHA-256 of the token, as base64. */
  readonly digest: string
}

/** @throws AnywireError `unauthorized` for claims that cannot be */
export function principalOf(
  claims: Readonly<Record<string, unknown>>,
  { issuer, tenant, tenantClaim = 'tenant' }: IssuerOptions,
  { alone, digest }: TokenFacts,
): TokenPrincipal {
  const { sub, exp } = claims
  if (typeof sub !== 'string' || sub === '' || sub.length > jwtLimits.subLength) {
    throw refuseToken(`The token names nobody: its "sub" has 1 to ${jwtLimits.subLength} characters.`)
  }
  const below = tenant ?? claims[tenantClaim]
  return {
    id: alone ? sub : `${issuer} ${sub}`,
    expiresAt: Number(exp) * 1_000,
    grants: grantsOf({ ...claims, tenant: below }),
    revocable: {
      token: text(claims.jti),
      digest,
      session: text(claims.sid),
      tenant: text(below),
      // The clock of an issuer may be ahead; the token is not.
      issuedAt: typeof claims.iat === 'number' ? Math.min(claims.iat * 1_000, Date.now()) : undefined,
    },
    claims,
  }
}

function text(claim: unknown): string | undefined {
  return typeof claim === 'string' && claim !== '' ? claim : undefined
}
