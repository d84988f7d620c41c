/** What is edited here, on its way to the server: at once while it answers, several as one where it does not. */
import * as Y from 'yjs'
import { createSignal, type Signal } from '../client/signal.js'
import { AnywireError } from '../protocol/error.js'

/** So many are published without an answer, as a server takes from one connection; beyond that, one in a pause. */
const mostUnanswered = 64
/** Edits are merged to no more than this. */
const mergedBytes = 262_144

/** `queued` is called once the update outlasts this page. */
export type Publish = (update: Uint8Array, queued: () => void) => Promise<unknown>

export class Edits {
  readonly #publish: Publish
  readonly #fails: (thrown: unknown) => void
  readonly #saved = createSignal(true)
  readonly #kept = createSignal(true)
  readonly #unanswered = new Set<Uint8Array>()
  /** Those of them that would end with this page. */
  readonly #fleeting = new Set<Uint8Array>()
  #queue: Uint8Array[] = []
  readonly #pauseMs: number
  #timer: ReturnType<typeof setTimeout> | undefined
  /** The outbox is full. */
  #full = false
  /** Something was refused for good. */
  #refused = false
  #closed = false

  /** `publish` rejects with what is refused for good, and with `too-many` where too much waits already. */
  constructor(publish: Publish, fails: (thrown: unknown) => void, pauseMs = 1_000) {
    this.#publish = publish
    this.#fails = fails
    this.#pauseMs = pauseMs
    globalThis.addEventListener?.('pagehide', this.#flush)
  }

  /** The server has stored everything. */
  get saved(): Signal<boolean> {
    return this.#saved
  }

  /** What the server has not stored outlasts this page. */
  get kept(): Signal<boolean> {
    return this.#kept
  }

  /** What it has not. */
  get waiting(): readonly Uint8Array[] {
    return [...this.#unanswered, ...this.#queue]
  }

  add(update: Uint8Array): void {
    this.#queue.push(update)
    this.#tell()
    this.#send()
  }

  /** Hands on what waits; nothing is heard of it any more. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    globalThis.removeEventListener?.('pagehide', this.#flush)
    this.#flush()
  }

  /** The outbox may outlive the page. */
  readonly #flush = (): void => {
    while (this.#queue.length > 0) void this.#next()
  }

  #send(): void {
    if (this.#closed || this.#queue.length === 0) return
    if (this.#unanswered.size < mostUnanswered && !this.#full) void this.#next()
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#full = false
      if (this.#queue.length > 0) void this.#next()
    }, this.#pauseMs)
  }

  async #next(): Promise<void> {
    const update = this.#merged()
    this.#unanswered.add(update)
    this.#fleeting.add(update)
    try {
      await this.#publish(update, () => this.#keep(update))
    } catch (thrown) {
      this.#full = AnywireError.from(thrown).code === 'too-many'
      if (this.#full) this.#queue.unshift(update)
      else {
        this.#refused = true
        this.#fails(thrown)
      }
    }
    this.#unanswered.delete(update)
    this.#keep(update)
    this.#send()
  }

  #keep(update: Uint8Array): void {
    this.#fleeting.delete(update)
    this.#tell()
  }

  #tell(): void {
    this.#saved.set(this.waiting.length === 0 && !this.#refused)
    this.#kept.set(this.#queue.length === 0 && this.#fleeting.size === 0 && !this.#refused)
  }

  #merged(): Uint8Array {
    let count = 0
    for (let bytes = 0; count < this.#queue.length && bytes < mergedBytes; count++) bytes += this.#queue[count]!.length
    const parts = this.#queue.splice(0, count)
    return parts.length === 1 ? parts[0]! : Y.mergeUpdates(parts)
  }
}
