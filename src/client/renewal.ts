/** Renewal: brings a new credential before the one in force ends, whatever the clocks show. Loaded when one ends. */
import { wallMs } from './clock.js'
import type { Greeting } from './engine-options.js'
import type { Link } from './link.js'

/** Whose credential it is. */
export interface Bearer {
  readonly link: Pick<Link, 'authenticate'> | undefined
  /** The newest one. */
  readonly credential: string | undefined
  /** Asks for another one, which is the newest then. */
  ask(): Promise<string | undefined>
}

/** Before its end a credential is renewed; one that lives for less than twice as long, at half of its life. */
const beforeMs = 10_000
const maxTimerMs = 2 ** 31 - 1
/** The pause grows up to so many times the least. */
const maxGrowth = 32

export class Renewal {
  readonly #bearer: Bearer
  /** Between two renewals at least. */
  readonly #leastMs: number
  #timer: ReturnType<typeof setTimeout> | undefined
  /** By the server's clock. */
  #expiresAt = 0
  #aheadMs = 0
  /** Renewals since the end has moved. */
  #vain = 0
  #over = false

  constructor(bearer: Bearer, leastMs: number) {
    this.#bearer = bearer
    this.#leastMs = leastMs
  }

  /** The server has said when the credential ends, and, in a `welcome`, what time it is, in microseconds. */
  until({ expiresAt, ...greeting }: Pick<Greeting, 'expiresAt'> & { readonly time?: number }): void {
    if ('time' in greeting) this.#aheadMs = Number(greeting.time) / 1000 - wallMs()
    if (expiresAt === undefined) return this.#stop()
    if (expiresAt === this.#expiresAt && this.#timer !== undefined) return
    if (expiresAt > this.#expiresAt) this.#vain = 0
    this.#expiresAt = expiresAt
    const leftMs = expiresAt - wallMs() - this.#aheadMs
    this.#wait(leftMs < 2 * beforeMs ? leftMs / 2 : leftMs - beforeMs)
  }

  /** Nothing is renewed any more. */
  close(): void {
    this.#over = true
    this.#stop()
  }

  #stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #wait(ms: number): void {
    this.#stop()
    if (this.#over) return
    const minMs = this.#leastMs * Math.min(2 ** this.#vain, maxGrowth)
    this.#timer = setTimeout(() => void this.#renew(), Math.min(Math.max(ms, minMs), maxTimerMs))
  }

  async #renew(): Promise<void> {
    this.#timer = undefined
    this.#vain++
    const before = this.#bearer.credential
    const token = await this.#bearer.ask().catch(() => undefined)
    const { link } = this.#bearer
    // What is known already moves nothing, and what cannot be brought is brought later.
    if (token && token !== before && link) link.authenticate(token)
    else if (!this.#timer) this.#wait(0)
  }
}
