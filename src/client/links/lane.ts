/** Publishes of a link that has no way up of its own: batches by POST, one after another, so that they keep their order. */
import type { PublishRequest } from '../../protocol/anywire-frame.js'
import { AnywireError } from '../../protocol/error.js'
import type { LinkEvents } from '../link.js'
import { type PostOptions, postBatch } from './post.js'

/** Publishes in one request at most. */
const batch = 50

export class Lane {
  readonly #answerMs: number
  readonly #where: () => Omit<PostOptions, 'signal'>
  readonly #events: Pick<LinkEvents, 'frame' | 'lost'>
  #waiting: PublishRequest[] = []
  #most = batch
  #busy = false
  #over = false
  #current = new AbortController()

  /** @param where is asked for each request. */
  constructor(answerMs: number, where: () => Omit<PostOptions, 'signal'>, events: Pick<LinkEvents, 'frame' | 'lost'>) {
    this.#answerMs = answerMs
    this.#where = where
    this.#events = events
  }

  publish(requests: readonly PublishRequest[]): void {
    this.#waiting.push(...requests)
    if (!this.#busy) void this.#run()
  }

  close(): void {
    this.#over = true
    this.#current.abort()
  }

  async #run(): Promise<void> {
    this.#busy = true
    while (this.#waiting.length > 0 && !this.#over) await this.#send(this.#waiting.splice(0, this.#most))
    this.#busy = false
    this.#most = batch
  }

  async #send(requests: readonly PublishRequest[]): Promise<void> {
    this.#current = new AbortController()
    const timer = setTimeout(() => this.#current.abort(), this.#answerMs)
    try {
      const { frames } = await postBatch({ ...this.#where(), signal: this.#current.signal }, { publish: requests })
      if (!this.#over) frames.forEach(this.#events.frame)
    } catch (thrown) {
      if (!this.#over) this.#refused(requests, AnywireError.from(thrown))
    } finally {
      clearTimeout(timer)
    }
  }

  /** What the server would never take is found one by one, so that it does not hold up the others. */
  #refused(requests: readonly PublishRequest[], error: AnywireError): void {
    if (error.meaning.retry !== 'never') return this.#events.lost(error)
    if (requests.length > 1) {
      this.#most = 1
      this.#waiting.unshift(...requests)
      return
    }
    const [{ channel, id } = {}] = requests
    this.#events.frame({ type: 'error', ...error.toJSON(), channel, id })
  }
}
