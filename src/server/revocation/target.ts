/** What a program, or a request, asks to revoke. */
import { digestOf } from '../../core/access/digest.js'
import { type Revocable, type Revocation, revocables } from '../../core/access/revoked.js'
import { checkShape, type Shape } from '../../core/shape.js'
import { AnywireError } from '../../protocol/error.js'
import { type ChannelName, checkName } from '../../protocol/name.js'

/** Names one of token, principal, session, tenant and channel. */
export interface RevokeTarget {
  /** One credential: its `jti`, or the token itself. */
  readonly token?: string
  /** All credentials of a principal, by its `id`. */
  readonly principal?: string
  /** All of a session, such as the `sid` of tokens. */
  readonly session?: string
  /** All of a tenant. */
  readonly tenant?: string
  /** Everybody's right to this channel: to read it, and to publish to it. */
  readonly channel?: ChannelName
  /**
   * Those that were issued from then on stay good; milliseconds since 1970. Not for a token. A credential that does not
   * say when it was issued counts as issued before. At most a day ahead, since nothing undoes a revocation.
   * @default now
   */
  readonly issuedBefore?: number
}

/** Longest name; of a token, what `jwt` takes. */
const longestName = 1_024
const longestToken = 16_384

/** Before this, in 1973, there were no credentials: it is a time in seconds, which would revoke nothing. */
const firstMs = 100_000_000_000
/** So far may the clock of an issuer be ahead. */
const mostAheadMs = 86_400_000

const named = (most: number) =>
  [
    `a string of 1 to ${most} characters`,
    (value: unknown) => typeof value === 'string' && value !== '' && value.length <= most,
  ] as const

const shape: Shape<RevokeTarget> = {
  token: named(longestToken),
  principal: named(longestName),
  session: named(longestName),
  tenant: named(longestName),
  channel: named(longestName),
  issuedBefore: [
    'a number of milliseconds since 1970, at most a day ahead',
    (value) => typeof value === 'number' && value >= firstMs && value <= Date.now() + mostAheadMs,
  ],
}

/** @throws AnywireError `bad-request` for what names nothing, or several things. */
export function revocationOf(target: RevokeTarget, keepMs: number, nameBytes: number): Revocation {
  checkShape<RevokeTarget>('hub.revoke', target, shape, 'field')
  const now = Date.now()
  const given = revocables.filter((one) => target[one] !== undefined)
  const [what] = given
  if (what === undefined || given.length > 1) {
    throw new AnywireError('bad-request', `Say which credentials are revoked, by one of ${revocables.join(', ')}.`)
  }
  if (what === 'channel') checkName(target.channel ?? '', nameBytes)
  const { issuedBefore } = target
  if (what === 'token' && issuedBefore !== undefined) {
    throw new AnywireError('bad-request', 'A token is revoked whenever it was issued: leave out "issuedBefore".')
  }
  return {
    what,
    name: nameOf(what, target),
    // What was issued in this very millisecond was so before.
    issuedBefore: what === 'token' ? undefined : (issuedBefore ?? now + 1),
    until: Math.ceil(Math.max(now, issuedBefore ?? now) + keepMs),
  }
}

function nameOf(what: Revocable, target: RevokeTarget): string {
  const name = target[what] ?? ''
  return what === 'token' ? digestOf(name) : name
}
