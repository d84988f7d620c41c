/** The outbox: takes what is published, and holds it until the sender, which stores it, is loaded. */
import { AnywireError } from '../protocol/error.js'
import { createDeferred } from './deferred.js'
import { notify } from './notify.js'
import type { Draft } from './outbox-store.js'
import type { PublishAnswer } from './port.js'
import { type Acknowledgement, copyOf, HeldPublish, OutboxRoom, type PublishEvents } from './publish.js'
import type { Sender, SenderOptions } from './sender.js'

export type { Draft } from './outbox-store.js'
export type { Acknowledgement, PublishEvents } from './publish.js'

export interface OutboxOptions extends SenderOptions {
  /** Loads what sends. @default imports it */
  readonly load?: (() => Promise<{ readonly Sender: typeof Sender }>) | undefined
  /**
   * Whether the sender begins before anything is published, for an earlier page may have left something.
   * @default true
   */
  readonly early?: Promise<boolean> | undefined
  /** Publishes kept until they are acknowledged. @default 10_000 */
  readonly maxMessages?: number | undefined
  /** Bytes that they may have, as JSON. @default 67_108_864 */
  readonly maxBytes?: number | undefined
}

const loadSender = () => import('./sender.js')

/**
 * A page that only reads need not load the sender at once; one that stays has it before the network may be gone, or its
 * file replaced by that of another release.
 */
const loadedMs = 10_000
const firstWaitMs = 500
const maxWaitMs = 30_000

export class Outbox {
  readonly #options: OutboxOptions
  readonly #room: OutboxRoom
  #sender: Sender | undefined
  #loading = false
  #failures = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  /** What came before the sender. */
  #waiting: HeldPublish[] = []
  /** It is to begin once it is loaded. */
  #early = false
  #closed: AnywireError | undefined

  constructor(options: OutboxOptions) {
    const { early = true, maxMessages, maxBytes } = options
    this.#options = options
    this.#room = new OutboxRoom(maxMessages, maxBytes)
    void Promise.resolve(early).then((begins) => {
      this.#early = begins
      if (begins) void this.#load()
    })
  }

  /** Publishes that wait for their acknowledgement. */
  get size(): number {
    return this.#room.size
  }

  /**
   * Resolves when the server has answered.
   * @throws AnywireError `too-many` when full, `bad-request` if `data` is not JSON, what it was closed with, and
   * whatever the server refuses it with for good.
   */
  publish(draft: Draft, events?: PublishEvents): Promise<Acknowledgement> {
    const waiting = createDeferred<Acknowledgement>()
    try {
      if (this.#closed) throw this.#closed
      const publish = new HeldPublish({ ...draft, data: copyOf(draft.data) }, events, waiting)
      this.#room.admit(publish.bytes)
      if (this.#sender) this.#sender.add(publish)
      else this.#waiting.push(publish)
      void this.#load()
    } catch (thrown) {
      waiting.reject(AnywireError.from(thrown))
    }
    if (this.#closed?.code === 'closed') waiting.promise.catch(() => {})
    return waiting.promise
  }

  /** A link was opened, or another core has taken over: everything that is not answered goes again. */
  linked(): void {
    this.#sender?.linked()
    if (!this.#sender) this.#loadIn(this.#early || this.size > 0 ? 0 : loadedMs)
  }

  answered(answer: PublishAnswer): void {
    this.#sender?.answered(answer)
  }

  /**
   * Rejects what waits, and what comes. What was sent may be answered for so long. What is kept stays for the next
   * page.
   */
  async close(error: AnywireError, ms = 0): Promise<void> {
    this.#closed = error
    clearTimeout(this.#timer)
    await this.#sender?.close(error, ms)
    for (const publish of this.#waiting) publish.end(error)
    this.#room.clear()
  }

  #loadIn(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#load(), ms)
  }

  async #load(): Promise<void> {
    if (this.#loading || this.#sender) return
    this.#loading = true
    clearTimeout(this.#timer)
    try {
      const { Sender } = await (this.#options.load ?? loadSender)()
      if (this.#closed) return
      const sender = new Sender(this.#options, this.#room)
      this.#sender = sender
      if (this.#early) sender.begin()
      for (const publish of this.#waiting.splice(0)) sender.add(publish)
    } catch (cause) {
      const error = new AnywireError('unavailable', 'What sends publishes cannot be loaded.', { cause })
      for (const { events } of this.#waiting) notify(events.failing, error)
      if (!this.#closed) this.#loadIn(Math.min(firstWaitMs * 2 ** this.#failures++, maxWaitMs))
    }
    this.#loading = false
  }
}
