/** What this node has to say to the others: sent in order, again until the store has it. */
import type { PublishOutcome } from '../../core/publish/outcome.js'
import { type Timed, timed, type Wheel } from '../../core/wheel.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'

/** So much waits at most while the store is away, and so long. */
const maxWaiting = 1_000
const patienceMs = 600_000
const retryMs = 1_000

export interface SayingOptions {
  readonly channel: ChannelName
  readonly append: (data: Uint8Array) => Promise<PublishOutcome>
  readonly wheel: Wheel
  readonly report: (thrown: unknown) => void
}

export class Saying {
  readonly #options: SayingOptions
  #waiting: { readonly data: Uint8Array; readonly since: number }[] = []
  readonly #again: Timed = timed(() => void this.#send())
  #sending = false
  #closed = false

  constructor(options: SayingOptions) {
    this.#options = options
  }

  say(data: Uint8Array): void {
    if (this.#closed) return
    this.#waiting.push({ data, since: performance.now() })
    if (this.#waiting.length > maxWaiting) this.#drop(1)
    if (!this.#sending) void this.#send()
  }

  close(): void {
    this.#closed = true
    this.#options.wheel.cancel(this.#again)
  }

  async #send(): Promise<void> {
    this.#sending = true
    const stale = this.#waiting.filter(({ since }) => performance.now() - since > patienceMs)
    if (stale.length > 0) this.#drop(stale.length)
    for (let next = this.#waiting[0]; next && !this.#closed; next = this.#waiting[0]) {
      // What may have been stored is said again: to hear it twice does no harm.
      if (!(await this.#stored(next.data))) return this.#options.wheel.schedule(this.#again, retryMs)
      if (this.#waiting[0] === next) this.#waiting.shift()
    }
    this.#sending = false
  }

  async #stored(data: Uint8Array): Promise<boolean> {
    try {
      const { kind } = await this.#options.append(data)
      return kind === 'appended'
    } catch {
      return false // It has been reported.
    }
  }

  #drop(count: number): void {
    this.#waiting.splice(0, count)
    const sentence = `The other nodes were not told everything: the store did not take what goes to "${this.#options.channel}".`
    this.#options.report(new AnywireError('internal', sentence))
  }
}
