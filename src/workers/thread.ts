/** The pool's side of a worker: one task at a time, and the end of it whatever happens. */
import { AnywireError } from '../protocol/error.js'
import { expose, type Remote, transfer, wrap } from './comlink.js'
import { fromFault, toFault } from './fault.js'
import type { Platform, Started } from './platform.js'
import { type Task, unsendable } from './task.js'
import type { PoolSide, WorkerSide } from './thread-port.js'

/** What a pool wants to know of its threads. */
export interface Owner {
  /** The thread may run another task. */
  free(thread: Thread): void
  /** The thread is no more. */
  gone(thread: Thread): void
}

export class Thread {
  readonly #owner: Owner
  readonly #worker: Started
  readonly #remote: Remote<WorkerSide>
  #task: Task | undefined
  #grace: ReturnType<typeof setTimeout> | undefined
  #ended = false

  /** Throws what the platform throws when it starts no worker. */
  constructor(platform: Platform, owner: Owner) {
    this.#owner = owner
    this.#worker = platform.start((cause) => this.#died(cause))
    this.#remote = wrap<WorkerSide>(this.#worker.endpoint)
    const side: PoolSide = {
      holds: (lock) => this.#worker.holds(lock),
      progress: (value) => this.#task?.caller.progress(value),
      done: ({ value }) => this.#finish((task) => task.caller.done(value)),
      failed: (fault) => this.#failed(fromFault(fault)),
    }
    expose(side, this.#worker.endpoint)
  }

  runs(task: Task): boolean {
    return this.#task === task
  }

  run(task: Task): void {
    const [order, moved] = task.cargo
    this.#task = task
    this.#worker.busy(true)
    this.#remote.run(transfer(order, moved)).catch((thrown: unknown) => {
      this.#finish(() => task.caller.failed(unsendable(thrown)))
    })
  }

  /** Tells the job to stop, and ends the worker when it does not within the grace (milliseconds). */
  stop(reason: unknown, graceMs: number): void {
    this.#grace ??= setTimeout(() => this.end(reason), graceMs)
    this.#remote.abort(toFault(reason)).catch(() => {
      // A reason that cannot travel.
      void this.#remote.abort(toFault(new DOMException('The caller has cancelled.', 'AbortError')))
    })
  }

  /** Ends the worker; a task that runs fails for that reason. */
  end(reason: unknown): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#grace)
    this.#worker.end()
    this.#task?.caller.failed(reason)
    this.#owner.gone(this)
  }

  #failed(reason: unknown): void {
    // In the worker that tried, a module that could not be loaded may stay so.
    if (reason instanceof AnywireError && reason.code === 'unavailable') this.end(reason)
    else this.#finish((task) => task.caller.failed(reason))
  }

  #finish(tell: (task: Task) => void): void {
    const task = this.#task
    if (!task || this.#ended) return
    clearTimeout(this.#grace)
    this.#grace = undefined
    this.#task = undefined
    this.#worker.busy(false)
    tell(task)
    this.#owner.free(this)
  }

  #died(cause: unknown): void {
    const why = cause instanceof Error ? cause.message : String(cause)
    const sentence = `The worker failed while it ran the job (${why}); the next job gets a new one.`
    this.end(new AnywireError('internal', sentence, { cause }))
  }
}
