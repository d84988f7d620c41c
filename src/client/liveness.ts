/** Whether a link lives, judged by its traffic. PROTOCOL.md 4.4. */

/** A link that has been busy is missed sooner; none sooner than this. */
const leastMs = 1_000
/** Silence of so many usual pauses is unusual. */
const pauses = 16

export interface LivenessOptions {
  /** Makes the server speak, where the transport can: asked when the silence is unusual. */
  readonly ask?: (() => void) | undefined
  /** The link has not spoken, asked or not. */
  readonly silent: () => void
}

/** Silence is measured, never counted in ticks, so that the late timers of a hidden page end no link. */
export class Liveness {
  readonly #options: LivenessOptions
  #heardAt = performance.now()
  #pauseMs = Number.POSITIVE_INFINITY
  #limitMs = Number.POSITIVE_INFINITY
  #asked = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: LivenessOptions) {
    this.#options = options
  }

  heard(): void {
    const now = performance.now()
    const pause = now - this.#heardAt
    this.#pauseMs = this.#pauseMs === Number.POSITIVE_INFINITY ? pause : this.#pauseMs * 0.9 + pause * 0.1
    this.#heardAt = now
    this.#asked = false
  }

  /** The server speaks at least this often. */
  expect(heartbeatMs: number): void {
    this.#limitMs = this.#options.ask ? heartbeatMs / 2 : heartbeatMs * 1.5
    this.#wait(leastMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#limitMs = Number.POSITIVE_INFINITY
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#look(), ms)
  }

  #look(): void {
    const usual = this.#options.ask ? Math.max(leastMs, this.#pauseMs * pauses) : Number.POSITIVE_INFINITY
    const left = this.#heardAt + Math.min(usual, this.#limitMs) - performance.now()
    if (left > 0) return this.#wait(Math.max(left, leastMs / 4))
    // After a freeze or a late timer, what has arrived meanwhile is heard first.
    const heardAt = this.#heardAt
    setTimeout(() => {
      if (this.#limitMs === Number.POSITIVE_INFINITY) return
      if (this.#heardAt !== heardAt) return this.#wait(leastMs)
      if (this.#options.ask === undefined || this.#asked) return this.#options.silent()
      this.#asked = true
      this.#options.ask()
      this.#wait(leastMs)
    }, 20)
  }
}
