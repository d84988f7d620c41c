/** What an outbox has for a core in tests: it POSTs `anywire.v1`, one batch after another, over a line that breaks. */
import type { Outbox } from '../../src/client/outbox.js'
import type { PublishRequest, ServerFrame } from '../../src/protocol/index.js'
import { post } from '../support/clients/request.js'

/** What happens to a batch: `before` the server hears it, `behind` it the answer is lost, `between`: half of the answers; `late`: the server hears it when another line is in use. */
export type Fault = 'none' | 'before' | 'behind' | 'between' | 'late'

export interface LineOptions {
  readonly url: string
  readonly outbox: () => Outbox
  readonly fault?: () => Fault
  /** Hears each answer, and of which hub of the server it is. */
  readonly heard?: (id: number, frame: ServerFrame, hub: string) => void
}

export class Line {
  readonly #options: LineOptions
  #batches: Promise<unknown> = Promise.resolve()
  /** Lines that were opened before are of no more use. */
  #line = 0
  online = true
  closed = false

  constructor(options: LineOptions) {
    this.#options = options
  }

  readonly send = (requests: readonly PublishRequest[]): void => {
    if (!this.online) return
    const line = this.#line
    this.#batches = this.#batches.then(() => this.#post(requests, line))
  }

  /** Breaks, and is opened again. */
  cut(): void {
    this.#line++
    this.#batches = Promise.resolve()
    const line = this.#line
    setTimeout(() => line === this.#line && this.online && this.#outbox?.linked(), 2)
  }

  async #post(requests: readonly PublishRequest[], line: number): Promise<void> {
    if (line !== this.#line) return
    const fault = this.#options.fault?.() ?? 'none'
    if (fault === 'late') setTimeout(() => this.#ask(requests).catch(() => undefined), 4)
    if (fault === 'before' || fault === 'late') return this.cut()
    const answer = await this.#ask(requests).catch(() => undefined)
    if (line !== this.#line) return
    if (answer?.status !== 200 || fault === 'behind') return this.cut()
    const frames = answer.json<ServerFrame[]>()
    const heard = fault === 'between' ? frames.slice(0, frames.length / 2) : frames
    for (const frame of heard) this.#hear(frame, String(answer.headers['x-hub']))
    if (fault === 'between') this.cut()
  }

  #ask(publish: readonly PublishRequest[]) {
    return post(this.#options.url, { publish })
  }

  #hear(frame: ServerFrame, hub: string): void {
    if (frame.type !== 'published' && frame.type !== 'error') return
    const id = Number(frame.id)
    this.#options.heard?.(id, frame, hub)
    if (frame.type === 'published') this.#outbox?.answered({ ...frame, id })
    else this.#outbox?.answered({ type: 'refused', id, error: frame })
  }

  get #outbox(): Outbox | undefined {
    return this.closed ? undefined : this.#options.outbox()
  }
}
