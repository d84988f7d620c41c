/** Identity: who the client is. Connections are shared, and publishes kept, only within one principal. */
import type { AnywireError } from '../protocol/error.js'
import { askedMs, pause, within } from './deadline.js'
import { createDeferred } from './deferred.js'
import { errorOf, framesOf } from './links/post.js'
import type { Patience } from './patience.js'

export interface IdentityOptions {
  /** The mount path as an absolute URL. */
  readonly url: string
  readonly token: (() => string | Promise<string>) | undefined
  readonly principal: string | undefined
  /** Its name when it was last known in this browser. */
  readonly guess: string | undefined
  /** Told its name, whenever that has been asked for. */
  readonly learnt: (name: string) => void
  /** By when the server must answer, in milliseconds. */
  readonly answerMs: number
  readonly patience: Patience
  /** The client is closed. */
  readonly signal: AbortSignal
  /** Told why it is not known yet, each time. */
  readonly failed: (error: AnywireError) => void
}

export interface Identified {
  /** The name under which connections are shared and publishes kept; undefined: neither is done. */
  readonly name: string | undefined
  /** The server's digest; undefined: the first link brings it; null: another one with each request. */
  readonly principal: string | null | undefined
}

const maxWaitMs = 5_000
const longMs = 2_000
/** So many answers that are not the hub's, or missing ones, and the server is not asked again. */
const maxOdd = 3

export class Identity {
  readonly #options: IdentityOptions
  readonly #missed = createDeferred<false>()
  #now: Promise<Identified> | undefined

  constructor(options: IdentityOptions) {
    this.#options = options
  }

  /** Who it is, once that is known. Found out when it is first asked for. */
  get now(): Promise<Identified> {
    this.#now ??= this.#begin()
    return this.#now
  }

  get name(): Promise<string | undefined> {
    return this.now.then(({ name }) => name)
  }

  /** True when it is known; false once a request has failed, or takes long. */
  get inTime(): Promise<boolean> {
    const known = within(
      longMs,
      this.now.then(() => true),
    )
    return Promise.race([known, this.#missed.promise]).catch(() => false)
  }

  get guess(): string | undefined {
    return this.#options.guess
  }

  /**
   * The server takes us for somebody else than `known`: asks who that is. Answers whether it is somebody else indeed,
   * or another with each request.
   */
  async renew(known: string | undefined): Promise<'same' | 'other' | 'anyone'> {
    const principal = await this.#learn()
    const stable = principal === (await this.#learn())
    this.#now = Promise.resolve(stable ? this.#named(principal) : { name: undefined, principal: null })
    if (!stable) return 'anyone'
    return principal === known ? 'same' : 'other'
  }

  /** A JWT names the user itself. With other tokens, or a cookie, the server is asked. */
  async #begin(): Promise<Identified> {
    const { token, principal: given } = this.#options
    const name = token && (given ?? (await subjectOf(token)))
    // Where nothing is kept or shared, whom the first link names will do.
    if (name !== undefined || !('indexedDB' in globalThis)) return { name, principal: undefined }
    return this.#named(await this.#learn(maxOdd))
  }

  #named(principal: string | undefined): Identified {
    if (principal === undefined) return { name: undefined, principal }
    const name = `${this.#options.principal ?? ''} ${principal}`
    this.#options.learnt(name)
    return { name, principal }
  }

  /** Undefined if the server refuses us, or after so many odd answers. */
  async #learn(maxOdd = Number.POSITIVE_INFINITY): Promise<string | undefined> {
    const { signal, failed } = this.#options
    let odd = 0
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        return await this.#ask()
      } catch (thrown) {
        const error = errorOf(thrown)
        const { code, cause, meaning, details } = error
        if (code !== 'too-large' && meaning.retry !== 'later') return undefined
        // `fetch` throws a TypeError if there was no answer: nothing else gets one either.
        if (!(cause instanceof TypeError) && ++odd >= maxOdd) return undefined
        failed(error)
        this.#missed.resolve(false)
        await pause(askedMs(details.retryMs, Math.min(200 * 2 ** tries, maxWaitMs) * Math.random()), signal)
      }
    }
    return undefined
  }

  async #ask(): Promise<string | undefined> {
    const { token, answerMs, signal } = this.#options
    const [welcome] = await framesOf('identity', answerMs, this.#options, await token?.(), '{"welcome":true}', signal)
    if (welcome?.type === 'welcome') return welcome.principal
    throw errorOf()
  }
}

/** The `iss` and `sub` of a JWT. */
async function subjectOf(token: () => string | Promise<string>): Promise<string | undefined> {
  try {
    const [, claims = ''] = (await token()).split('.')
    const { iss = '', sub } = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/')))
    return sub ? `${iss} ${sub}` : undefined
  } catch {
    return undefined
  }
}
