/** A few threads and the queue before them. */
import { AnywireError } from '../protocol/error.js'
import type { Platform } from './platform.js'
import { type Task, unsendable } from './task.js'
import { type Owner, Thread } from './thread.js'

export interface ThreadsOptions {
  readonly size: number
  readonly idleMs: number | null
  readonly graceMs: number
}

export class Threads implements Owner {
  readonly #platform: Platform
  readonly #options: ThreadsOptions
  #queue: Task[] = []
  readonly #busy = new Set<Thread>()
  /** Each with what forgets its end; the one that worked last stands last. */
  readonly #idle = new Map<Thread, () => void>()

  constructor(platform: Platform, options: ThreadsOptions) {
    this.#platform = platform
    this.#options = options
  }

  /** Runs the task now, or in its turn. */
  add(task: Task): void {
    if (this.#busy.size < this.#options.size) return this.#run(task)
    try {
      task.pack()
      this.#queue.push(task)
    } catch (thrown) {
      task.caller.failed(unsendable(thrown))
    }
  }

  /** A task that waits is forgotten; one that runs is told to stop, and made to. */
  cancel(task: Task, reason: unknown): void {
    this.#queue = this.#queue.filter((waiting) => waiting !== task)
    for (const thread of this.#busy) if (thread.runs(task)) thread.stop(reason, this.#options.graceMs)
  }

  /** Ends every thread; what waits or runs fails for that reason. */
  close(reason: unknown): void {
    const waiting = this.#queue
    this.#queue = []
    for (const task of waiting) task.caller.failed(reason)
    for (const thread of [...this.#busy, ...this.#idle.keys()]) thread.end(reason)
  }

  free(thread: Thread): void {
    this.#busy.delete(thread)
    const { idleMs } = this.#options
    const end = () => thread.end(undefined)
    this.#idle.set(thread, idleMs === null ? () => {} : this.#platform.after(idleMs, end))
    this.#next()
  }

  gone(thread: Thread): void {
    this.#busy.delete(thread)
    this.#idle.get(thread)?.()
    this.#idle.delete(thread)
    this.#next()
  }

  #next(): void {
    if (this.#busy.size === this.#options.size) return
    const task = this.#queue.shift()
    if (task) this.#run(task)
  }

  #run(task: Task): void {
    try {
      const thread = this.#takeIdle() ?? new Thread(this.#platform, this)
      this.#busy.add(thread)
      thread.run(task)
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown)
      const sentence =
        `No worker could be started (${why}): serve the package from the origin of the page, and allow it in ` +
        `"worker-src" of the page's Content-Security-Policy.`
      task.caller.failed(new AnywireError('unavailable', sentence, { cause: thrown }))
      this.#next()
    }
  }

  /** The one that worked last: its modules are loaded, and the others may end. */
  #takeIdle(): Thread | undefined {
    const last = [...this.#idle].at(-1)
    if (!last) return undefined
    const [thread, keep] = last
    keep()
    this.#idle.delete(thread)
    return thread
  }
}
