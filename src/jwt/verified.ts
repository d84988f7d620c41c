/** Tokens that were verified of late, by their hash: a signature costs more than all else of a handshake. */
import { jwtLimits } from './options.js'
import type { TokenPrincipal } from './principal.js'

interface Known {
  readonly principal: TokenPrincipal
  /** Milliseconds since 1970. */
  readonly until: number
  readonly length: number
}

/** The tokens themselves are not kept. */
export class VerifiedTokens {
  readonly #most: number
  /** The one that was used least lately comes first. */
  readonly #known = new Map<string, Known>()
  #length = 0

  constructor(most: number) {
    this.#most = most
  }

  get(hash: string, now: number): TokenPrincipal | undefined {
    const known = this.#known.get(hash)
    if (!known) return undefined
    this.#known.delete(hash)
    if (known.until > now) {
      this.#known.set(hash, known)
      return known.principal
    }
    this.#length -= known.length
    return undefined
  }

  add(hash: string, principal: TokenPrincipal, length: number, now: number): void {
    this.#drop(hash)
    this.#known.set(hash, { principal, until: Math.min(principal.expiresAt, now + jwtLimits.rememberMs), length })
    this.#length += length
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= this.#most && this.#length <= jwtLimits.rememberLength) return
      this.#drop(oldest)
    }
  }

  /** Lets go of those that are meant. */
  forget(isMeant: (principal: TokenPrincipal) => boolean): void {
    for (const [hash, { principal }] of this.#known) if (isMeant(principal)) this.#drop(hash)
  }

  #drop(hash: string): void {
    this.#length -= this.#known.get(hash)?.length ?? 0
    this.#known.delete(hash)
  }
}
