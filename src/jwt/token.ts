/** The parts of a token, before anything about it is known to be true. Pure, and bounded. */
import { refuseToken } from '../core/access/refusals.js'
import { readBase64 } from '../protocol/base64.js'
import type { AnywireError } from '../protocol/error.js'
import { jwtLimits } from './options.js'

/** What decides which keys are tried. Nothing else of an unverified token is looked at. */
export interface Unverified {
  readonly alg: string
  readonly kid: string | undefined
  readonly iss: string
}

/** What a token may be: an access token of RFC 9068, or one that does not say. */
const types: ReadonlySet<unknown> = new Set([undefined, 'jwt', 'at+jwt', 'application/jwt', 'application/at+jwt'])

/** The first check: nothing is done with a token that is too long. @throws AnywireError `unauthorized` */
export function checkLength({ length }: string): void {
  const { tokenLength: most } = jwtLimits
  if (length > most) throw refuseToken(`The token has ${length} characters; the limit is ${most}.`)
}

/** @throws AnywireError `unauthorized` for what is no token of ours. */
export function readToken(token: string): Unverified {
  const { kidLength } = jwtLimits
  const parts = token.split('.')
  if (parts.length !== 3) {
    throw refuseToken('The token is no JWT: it has three parts, joined by ".", the last of which is its signature.')
  }
  const [header, claims] = [objectOf('header', parts[0]), objectOf('claims', parts[1])]
  // Otherwise one signature would have several spellings, and a token that was revoked by itself another name.
  if (readBase64(parts[2] ?? '', 'base64url') === undefined) throw unreadable('signature')
  const { alg, kid, typ } = header
  if (!types.has(typeof typ === 'string' ? typ.toLowerCase() : typ)) {
    throw refuseToken('The token is for another purpose: its "typ" is neither "JWT" nor "at+jwt".')
  }
  if (typeof alg !== 'string') throw refuseToken('The token does not say how it is signed: it has no "alg".')
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > kidLength)) {
    throw refuseToken(`The token's "kid" must be a string of at most ${kidLength} characters.`)
  }
  if (typeof claims.iss !== 'string') throw refuseToken('The token does not say who issued it: it has no "iss".')
  return { alg, kid, iss: claims.iss }
}

function objectOf(what: string, part = ''): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(String(readBase64(part, 'base64url') ?? ''))
  } catch (cause) {
    throw unreadable(what, cause)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw unreadable(what)
}

function unreadable(what: string, cause?: unknown): AnywireError {
  return refuseToken(`The token is no JWT: its ${what} cannot be read.`, cause)
}
