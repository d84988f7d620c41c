/** `anywire/jwt`: `authenticate` by signed tokens. */

export { jwt } from './jwt.js'
export type { Algorithm, IssuerOptions, JwtOptions, VerifyKey } from './options.js'
export type { TokenPrincipal } from './principal.js'
