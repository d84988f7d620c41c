/** The polling link: batches by POST, each from the positions that the last one left. */
import type { PublishRequest } from '../../protocol/anywire-frame.js'
import { AnywireError } from '../../protocol/error.js'
import { type Link, type LinkOptions, type Readings, sameReadings } from '../link.js'
import { Lane } from './lane.js'
import { postBatch } from './post.js'

/** Proven by an empty batch. @throws AnywireError */
export async function openPoll(options: LinkOptions): Promise<Link> {
  const began = performance.now()
  await postBatch(options, { subscribe: [] })
  const link = new PollLink(options, performance.now() - began)
  link.read(options.readings)
  return link
}

class PollLink implements Link {
  readonly transport = 'poll'
  readonly aheadMs = undefined
  readonly connectMs: number
  readonly roundTripMs: number
  received = 0
  readonly #options: LinkOptions
  #over = false
  readonly #lane: Lane
  #token: string | undefined
  #current = new AbortController()
  #readings: Readings = new Map()

  constructor(options: LinkOptions, connectMs: number) {
    this.#options = options
    this.#token = options.token
    this.connectMs = connectMs
    this.roundTripMs = connectMs
    const lost = (error: AnywireError) => this.#lose(error)
    this.#lane = new Lane(options.times.answerMs, () => this.#where(), { frame: options.events.frame, lost })
  }

  /** The running poll is dropped; what it would have brought lies behind the positions of the next. */
  read(readings: Readings): void {
    if (this.#over || sameReadings(readings, this.#readings)) return
    this.#readings = new Map(readings)
    this.#current.abort()
    if (readings.size > 0) void this.#run()
  }

  publish(requests: readonly PublishRequest[]): void {
    this.#lane.publish(requests)
  }

  authenticate(token: string): void {
    this.#token = token
  }

  close(): void {
    this.#over = true
    this.#lane.close()
    this.#current.abort()
  }

  #where() {
    return { url: this.#options.url, token: this.#token }
  }

  async #run(): Promise<void> {
    for (;;) {
      const own = new AbortController()
      this.#current = own
      const { pollMs, answerMs } = this.#options.times
      const late = () => this.#lose(new AnywireError('timeout', 'A poll was not answered.'))
      const timer = setTimeout(late, pollMs + answerMs)
      try {
        const subscribe = [...this.#readings.values()]
        const { frames, bytes } = await postBatch(
          { ...this.#where(), signal: own.signal },
          { subscribe, waitMs: pollMs },
        )
        if (!own.signal.aborted) frames.forEach(this.#options.events.frame)
        this.received += bytes
      } catch (thrown) {
        if (!own.signal.aborted) this.#lose(AnywireError.from(thrown))
      } finally {
        clearTimeout(timer)
      }
      if (own.signal.aborted) return
    }
  }

  #lose(error: AnywireError): void {
    if (this.#over) return
    this.close()
    this.#options.events.lost(error)
  }
}
