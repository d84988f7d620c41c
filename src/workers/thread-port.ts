/** What the two sides of a thread say to each other, by comlink over one port, so that it arrives in order. */
import type { Fault } from './fault.js'

/** One job, as it travels. */
export interface Order {
  /** An absolute URL. */
  readonly module: string
  /** The export that is the job. */
  readonly name: string
  readonly input: unknown
  /** Whether anybody listens to progress. */
  readonly progress: boolean
}

/** The worker's side. One job at a time. */
export interface WorkerSide {
  /** Starts a job; its end is told by `done` or `failed`. */
  run(order: Order): void
  /** Aborts the signal of the job that runs; none may. */
  abort(reason: Fault): void
}

/** The side of the pool. */
export interface PoolSide {
  /** A lock that the worker holds as long as it lives. */
  holds(lock: string): void
  progress(value: unknown): void
  done(result: { readonly value: unknown }): void
  failed(reason: Fault): void
}
