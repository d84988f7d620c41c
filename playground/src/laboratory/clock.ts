/** The server's clock, and how long a way takes: a small request over the same line, asked again and again. */
const pauseMs = 1_000
const remembered = 30
const giveUpMs = 5_000

interface Sample {
  readonly roundTripMs: number
  readonly aheadMs: number
}

export class Clock {
  #samples: Sample[] = []
  #best: Sample | undefined
  readonly #ended = new AbortController()
  /** Nothing passes: then it does not ask. */
  paused = false

  constructor() {
    void this.#run()
  }

  /** Milliseconds since 1970, as the server counts them. The shortest way knows best. */
  now(): number {
    return performance.timeOrigin + performance.now() + (this.#best?.aheadMs ?? 0)
  }

  /** One way: half of a round trip, the shortest of the newest six. */
  get transferMs(): number | undefined {
    const newest = this.#samples.slice(-6).map(({ roundTripMs }) => roundTripMs / 2)
    return newest.length > 0 ? Math.min(...newest) : undefined
  }

  end(): void {
    this.#ended.abort()
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted) {
      if (!this.paused && document.visibilityState === 'visible') await this.#ask().catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }

  async #ask(): Promise<void> {
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(giveUpMs)])
    const asked = performance.now()
    const response = await fetch('/lab/clock/clock', { signal, cache: 'no-store' })
    const answered = performance.now()
    const roundTripMs = answered - asked
    const aheadMs = Number(await response.text()) - performance.timeOrigin - (asked + roundTripMs / 2)
    if (!response.ok) return
    this.#samples = [...this.#samples, { roundTripMs, aheadMs }].slice(-remembered)
    this.#best = this.#samples.reduce((best, one) => (one.roundTripMs < best.roundTripMs ? one : best))
  }
}
