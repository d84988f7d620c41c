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
  readonly #lacks: (thrown: unknown) => void
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
  /** The document is too large: whatever is edited later builds on what the server does not take. */
  #stopped = false
  /** The server lacks what an edit builds on: what it lacks is on its way once it has been read again. */
  #lacking = false
  #closed = false

  /**
   * `publish` rejects with what is refused for good, with `too-many` where too much waits already, and with `conflict`
   * where the server lacks what the update builds on: `lacks` is told, and adds all of it.
   */
  constructor(
    publish: Publish,
    fails: (thrown: unknown) => void,
    pauseMs = 1_000,
    lacks: (thrown: unknown) => void = fails,
  ) {
    this.#publish = publish
    this.#fails = fails
    this.#lacks = lacks
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

  /** What the server lacks is known, and added if there is any. */
  complete(): void {
    this.#lacking = false
    this.#tell()
  }

  add(update: Uint8Array): void {
    if (this.#stopped) return
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
      this.#failed(update, thrown)
    }
    this.#unanswered.delete(update)
    this.#keep(update)
    this.#send()
  }

  #failed(update: Uint8Array, thrown: unknown): void {
    const { code } = AnywireError.from(thrown)
    this.#full = code === 'too-many'
    if (this.#full) this.#queue.unshift(update)
    else if (code === 'conflict') {
      this.#lacking = true
      this.#lacks(thrown)
    } else {
      this.#refused = true
      this.#stopped ||= code === 'too-large'
      if (this.#stopped) this.#queue = []
      this.#fails(thrown)
    }
  }

  #keep(update: Uint8Array): void {
    this.#fleeting.delete(update)
    this.#tell()
  }

  #tell(): void {
    const lost = this.#refused || this.#lacking
    this.#saved.set(this.waiting.length === 0 && !lost)
    this.#kept.set(this.#queue.length === 0 && this.#fleeting.size === 0 && !lost)
  }

  #merged(): Uint8Array {
    let bytes = 0
    const end = this.#queue.findIndex((update) => {
      bytes += update.length
      return bytes >= mergedBytes
    })
    const parts = this.#queue.splice(0, end < 0 ? this.#queue.length : end + 1)
    const [only] = parts
    return only && parts.length === 1 ? only : Y.mergeUpdates(parts)
  }
}
