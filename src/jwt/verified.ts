/** Tokens that were verified of late, by their hash: a signature costs more than all else of a handshake. */
import { Chain, type Linked } from '../core/chain.js'
import { jwtLimits } from './options.js'
import type { TokenPrincipal } from './principal.js'

interface Known extends Linked<Known> {
  readonly hash: string
  readonly principal: TokenPrincipal
  /** Milliseconds since 1970. */
  readonly until: number
  readonly length: number
}

/** The tokens themselves are not kept. */
export class VerifiedTokens {
  readonly #most: number
  readonly #known = new Map<string, Known>()
  /**
   * In the order of their last use. That of the map would do, but to delete from a map of thousands and set again costs
   * as much as half a signature.
   */
  readonly #used = new Chain<Known>()
  #length = 0

  constructor(most: number) {
    this.#most = most
  }

  get(hash: string, now: number): TokenPrincipal | undefined {
    const known = this.#known.get(hash)
    if (!known) return undefined
    if (known.until > now) {
      this.#used.add(known)
      return known.principal
    }
    this.#drop(known)
    return undefined
  }

  add(hash: string, principal: TokenPrincipal, length: number, now: number): void {
    const before = this.#known.get(hash)
    if (before) this.#drop(before)
    const until = Math.min(principal.expiresAt, now + jwtLimits.rememberMs)
    const known: Known = { hash, principal, until, length, older: undefined, newer: undefined }
    this.#known.set(hash, known)
    this.#used.add(known)
    this.#length += length
    for (let { oldest } = this.#used; oldest !== undefined; { oldest } = this.#used) {
      if (this.#known.size <= this.#most && this.#length <= jwtLimits.rememberLength) return
      this.#drop(oldest)
    }
  }

  /** Lets go of those that are meant. */
  forget(isMeant: (principal: TokenPrincipal) => boolean): void {
    for (const known of this.#known.values()) if (isMeant(known.principal)) this.#drop(known)
  }

  #drop(known: Known): void {
    this.#length -= known.length
    this.#used.remove(known)
    this.#known.delete(known.hash)
  }
}
