/** Ends a connection that has been silent for two and a half heartbeats. PROTOCOL.md 4.4. */

export class Silence {
  #heartbeatMs = 20_000
  #timer: NodeJS.Timeout
  readonly #tooLong: () => void

  constructor(tooLong: () => void) {
    this.#tooLong = tooLong
    this.#timer = this.#start()
  }

  /** Something came; `heartbeatMs` is what the server said of its heartbeats, in milliseconds. */
  heard(heartbeatMs?: number): void {
    if (heartbeatMs === undefined || heartbeatMs === this.#heartbeatMs) {
      this.#timer.refresh()
      return
    }
    this.#heartbeatMs = heartbeatMs
    clearTimeout(this.#timer)
    this.#timer = this.#start()
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #start(): NodeJS.Timeout {
    return setTimeout(this.#tooLong, this.#heartbeatMs * 2.5)
  }
}
