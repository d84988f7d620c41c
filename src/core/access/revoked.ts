/** Which credentials were revoked: what is known of it, and whether one credential, or its use of a channel, is among them. Pure. */
import type { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Principal } from '../rule.js'
import { digestOfName } from './digest.js'
import { refuseChannel, refuseRevoked } from './refusals.js'

export const revocables = ['token', 'principal', 'session', 'tenant', 'channel'] as const

/** What is revoked: one credential, all of a principal, session or tenant, or everybody's right to a channel. */
export type Revocable = (typeof revocables)[number]

export interface Revocation {
  readonly what: Revocable
  /** Its name; of a token, what `digestOf` makes of it. */
  readonly name: string
  /** Of credentials that were issued from then on it says nothing. Milliseconds since 1970. Undefined: of a token. */
  readonly issuedBefore: number | undefined
  /** It may be forgotten then: what was issued before has expired. Milliseconds since 1970. */
  readonly until: number
}

/** Both together: neither takes back what the other says. */
export function merged(one: Revocation, other: Revocation | undefined): Revocation {
  if (!other) return one
  const { issuedBefore: before } = one
  const issuedBefore = before === undefined ? undefined : Math.max(before, other.issuedBefore ?? before)
  return { ...one, issuedBefore, until: Math.max(one.until, other.until) }
}

export function isSame(one: Revocation, other: Revocation | undefined): boolean {
  return other !== undefined && one.issuedBefore === other.issuedBefore && one.until === other.until
}

/** Whether it is about what this principal does, in the channel if it is about one. */
export function covers(
  { what, name, issuedBefore = Number.POSITIVE_INFINITY, until }: Revocation,
  principal: Principal,
  now: number,
): boolean {
  if (until <= now) return false
  const { id, revocable } = principal
  if (what === 'token') return isToken(name, principal)
  // What does not say when it was issued may have been issued before.
  if ((revocable?.issuedAt ?? Number.NEGATIVE_INFINITY) >= issuedBefore) return false
  if (what === 'channel') return true
  return name === (what === 'principal' ? id : revocable?.[what])
}

function isToken(digest: string, { revocable }: Principal): boolean {
  return revocable !== undefined && (revocable.digest === digest || digestOfName(revocable) === digest)
}

/** All that is known to be revoked. */
export class Revoked {
  readonly #known: Readonly<Record<Revocable, Map<string, Revocation>>> = {
    token: new Map(),
    principal: new Map(),
    session: new Map(),
    tenant: new Map(),
    channel: new Map(),
  }
  #size = 0

  get size(): number {
    return this.#size
  }

  get({ what, name }: Pick<Revocation, 'what' | 'name'>): Revocation | undefined {
    return this.#known[what].get(name)
  }

  /** Takes it in, with what was known; answers that, or undefined if it is no news. */
  add(revocation: Revocation): Revocation | undefined {
    const { what, name } = revocation
    const before = this.#known[what].get(name)
    const after = merged(revocation, before)
    if (isSame(after, before)) return undefined
    if (!before) this.#size++
    this.#known[what].set(name, after)
    return after
  }

  remove({ what, name }: Pick<Revocation, 'what' | 'name'>): void {
    if (this.#known[what].delete(name)) this.#size--
  }

  *[Symbol.iterator](): Generator<Revocation> {
    for (const what of revocables) yield* this.#known[what].values()
  }

  /**
   * Why the principal's credential is refused, or what it would do in this channel; undefined: it is not.
   * `unauthorized` for the credential itself, `forbidden` for the channel.
   */
  refusal(principal: Principal, channel?: ChannelName, now = Date.now()): AnywireError | undefined {
    if (this.#size === 0) return undefined
    if (this.#isRevoked(principal, now)) return refuseRevoked()
    if (channel === undefined || !this.#holds('channel', channel, principal, now)) return undefined
    return refuseChannel(channel)
  }

  #isRevoked(principal: Principal, now: number): boolean {
    const { id, revocable } = principal
    if (this.#holds('principal', id, principal, now)) return true
    if (!revocable) return false
    const { digest, session, tenant } = revocable
    return (
      this.#holds('session', session, principal, now) ||
      this.#holds('tenant', tenant, principal, now) ||
      this.#holds('token', digest, principal, now) ||
      (this.#known.token.size > 0 && this.#holds('token', digestOfName(revocable), principal, now))
    )
  }

  #holds(what: Revocable, name: string | undefined, principal: Principal, now: number): boolean {
    const revocation = name === undefined ? undefined : this.#known[what].get(name)
    return revocation !== undefined && covers(revocation, principal, now)
  }
}
