/** Renewal: brings a new credential before the one in force ends, whatever the clocks show. */
import { wallMs } from './clock.js'

export interface RenewalOptions {
  /** Asks for a credential. */
  readonly token: () => Promise<string | undefined>
  /** Brings it to the server. Answers whether there was a way. */
  readonly bring: (token: string) => boolean
  /** Between two renewals at least. */
  readonly minMs: number
}

/** Before its end a credential is renewed; one that lives for less than twice as long, at half of its life. */
const beforeMs = 10_000
const maxTimerMs = 2 ** 31 - 1
/** The pause grows up to so many times the least. */
const maxGrowth = 32

export class Renewal {
  readonly #options: RenewalOptions
  #timer: ReturnType<typeof setTimeout> | undefined
  /** By the server's clock. */
  #expiresAt = 0
  #aheadMs = 0
  /** Renewals since the end has moved. */
  #vain = 0
  /** The newest credential. */
  #token: string | undefined
  #over = false

  constructor(options: RenewalOptions) {
    this.#options = options
  }

  /** A credential for a connection, which is the newest from here on. */
  async ask(): Promise<string | undefined> {
    this.#token = await this.#options.token()
    return this.#token
  }

  /** The server has said when the credential ends, and, in a `welcome`, what time it is, in microseconds. */
  until({ expiresAt, time }: { readonly expiresAt?: number | undefined; readonly time?: number }): void {
    if (time !== undefined) this.#aheadMs = time / 1000 - wallMs()
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
    const minMs = this.#options.minMs * Math.min(2 ** this.#vain, maxGrowth)
    this.#timer = setTimeout(() => void this.#renew(), Math.min(Math.max(ms, minMs), maxTimerMs))
  }

  async #renew(): Promise<void> {
    this.#timer = undefined
    this.#vain++
    const before = this.#token
    const token = await this.ask().catch(() => undefined)
    // What is known already moves nothing, and what cannot be brought is brought later.
    if (token && token !== before && this.#options.bring(token)) return
    if (!this.#timer) this.#wait(0)
  }
}
