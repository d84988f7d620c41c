/** Keeps one connection: when it breaks, another is opened, at once and then in growing intervals. */
import type { RedisConnection } from './connection.js'

const firstMs = 50
const mostMs = 1_000

export interface LineOptions {
  readonly open: () => Promise<RedisConnection>
  /** What has to be done before others may use a connection. May reject: then it is given up. */
  readonly prepare?: ((connection: RedisConnection) => Promise<void>) | undefined
  /** There is a connection, which others may use: what was lost without it may be asked for. */
  readonly up?: (() => void) | undefined
  /** There was one, and it broke. */
  readonly down?: (() => void) | undefined
}

export class Line {
  readonly #options: LineOptions
  #connection: RedisConnection | undefined
  #closed = false
  #pause: { readonly timer: NodeJS.Timeout; readonly done: () => void } | undefined
  #waiting: (() => void)[] = []
  /** Why there is none. */
  failure: unknown

  constructor(options: LineOptions) {
    this.#options = options
    void this.#run()
  }

  get connection(): RedisConnection | undefined {
    return this.#connection
  }

  /** Resolves with the next connection, or with nothing once one could not be opened, after so long, or at the end. */
  async next(ms = 2 ** 30): Promise<RedisConnection | undefined> {
    if (!this.#connection && !this.#closed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms).unref()
        this.#waiting.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
    return this.#connection
  }

  close(): void {
    this.#closed = true
    this.#connection?.end()
    this.#connection = undefined
    if (this.#pause) {
      clearTimeout(this.#pause.timer)
      this.#pause.done()
    }
    this.#tell()
  }

  async #run(): Promise<void> {
    let pauseMs = firstMs
    while (!this.#closed) {
      const connection = await this.#open()
      if (connection) {
        const began = performance.now()
        await connection.ended
        this.#connection = undefined
        if (!this.#closed) this.#options.down?.()
        // One that has lasted is replaced at once.
        if (performance.now() - began > mostMs) {
          pauseMs = firstMs
          continue
        }
      }
      this.#tell()
      await new Promise<void>((resolve) => {
        this.#pause = { timer: setTimeout(resolve, pauseMs * (0.5 + Math.random() / 2)).unref(), done: resolve }
      })
      pauseMs = Math.min(mostMs, 2 * pauseMs)
    }
  }

  async #open(): Promise<RedisConnection | undefined> {
    let connection: RedisConnection | undefined
    try {
      connection = await this.#options.open()
      await this.#options.prepare?.(connection)
      if (this.#closed || !connection.open) throw new Error('The connection to Redis ended.')
      this.#connection = connection
      this.#tell()
      this.#options.up?.()
      return connection
    } catch (thrown) {
      this.failure = thrown
      connection?.end()
      return undefined
    }
  }

  #tell(): void {
    for (const waiting of this.#waiting.splice(0)) waiting()
  }
}
