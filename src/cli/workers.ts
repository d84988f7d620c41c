/** The workers of `anywire serve`: started again when they die, and ended together. */

/** A process that serves. */
export interface WorkerProcess {
  readonly pid: number | undefined
  kill(signal: NodeJS.Signals): void
  /** It serves: the lines that it has to say. */
  onListening(heard: (lines: readonly string[]) => void): void
  onExit(heard: (how: string) => void): void
}

export interface WorkersOptions {
  readonly count: number
  readonly start: () => WorkerProcess
  /** Says to the user what the first one has to say. */
  readonly say: (lines: readonly string[]) => void
  readonly warn: (line: string) => void
}

/** A worker that served for less is started again only after a wait, which doubles each time. */
const soundMs = 2_000
const firstWaitMs = 500
const longestWaitMs = 30_000

export class Workers {
  readonly #options: WorkersOptions
  readonly #running = new Set<WorkerProcess>()
  readonly #waits = new Set<NodeJS.Timeout>()
  #served = false
  #stopping = false
  #over: (ok: boolean) => void = () => {}
  /** Whether they served until they were told to stop. */
  readonly ended = new Promise<boolean>((resolve) => {
    this.#over = resolve
  })

  constructor(options: WorkersOptions) {
    this.#options = options
  }

  /** The first one alone: where it cannot serve, none can, and it says why. The others follow it. */
  begin(): void {
    this.#start(firstWaitMs)
  }

  /** Each ends by itself, as it does when it is alone. */
  stop(signal: NodeJS.Signals): void {
    this.#stopping = true
    for (const wait of this.#waits) clearTimeout(wait)
    this.tell(signal)
    if (this.#running.size === 0) this.#over(this.#served)
  }

  tell(signal: NodeJS.Signals): void {
    for (const worker of this.#running) worker.kill(signal)
  }

  #start(waitMs: number): void {
    const worker = this.#options.start()
    let since: number | undefined
    this.#running.add(worker)
    worker.onListening((lines) => {
      since = performance.now()
      this.#serves(lines)
    })
    worker.onExit((how) => {
      this.#running.delete(worker)
      if (this.#stopping || !this.#served) {
        if (this.#running.size === 0) this.#over(this.#served)
        return
      }
      const sound = since !== undefined && performance.now() - since >= soundMs
      this.#again(`worker ${worker.pid} ended (${how})`, sound ? 0 : waitMs)
    })
  }

  #serves(lines: readonly string[]): void {
    if (this.#served || this.#stopping) return
    this.#served = true
    this.#options.say(lines)
    for (let others = this.#options.count - 1; others > 0; others--) this.#start(firstWaitMs)
  }

  #again(what: string, waitMs: number): void {
    this.#options.warn(`${what}; another one is started${waitMs > 0 ? ` in ${waitMs} ms` : ''}`)
    const wait = setTimeout(() => {
      this.#waits.delete(wait)
      this.#start(waitMs === 0 ? firstWaitMs : Math.min(2 * waitMs, longestWaitMs))
    }, waitMs)
    this.#waits.add(wait)
  }
}
