/** The principal that a verified token stands for. */
import { grantsOf } from '../core/access/claims.js'
import type { Grants } from '../core/access/grants.js'
import { refuseToken } from '../core/access/refusals.js'
import type { Principal } from '../core/rule.js'
import { type IssuerOptions, jwtLimits } from './options.js'

export interface TokenPrincipal extends Principal {
  readonly expiresAt: number
  readonly grants: Grants
  /** All claims of the token, for rules. */
  readonly claims: Readonly<Record<string, unknown>>
}

/**
 * `alone`: there is no other issuer, so that `sub` names one principal. Otherwise the issuer is part of the id.
 * @throws AnywireError `unauthorized` for claims that cannot be
 */
export function principalOf(
  claims: Readonly<Record<string, unknown>>,
  { issuer, tenant, tenantClaim = 'tenant' }: IssuerOptions,
  alone: boolean,
): TokenPrincipal {
  const { sub, exp } = claims
  if (typeof sub !== 'string' || sub === '' || sub.length > jwtLimits.subLength) {
    throw refuseToken(`The token names nobody: its "sub" has 1 to ${jwtLimits.subLength} characters.`)
  }
  return {
    id: alone ? sub : `${issuer} ${sub}`,
    expiresAt: Number(exp) * 1_000,
    grants: grantsOf({ ...claims, tenant: tenant ?? claims[tenantClaim] }),
    claims,
  }
}
