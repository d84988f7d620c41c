/** What a pool needs of the place it runs in. */
import type { Endpoint } from './comlink.js'

export interface Platform {
  /** Threads that can run at the same time. */
  cores(): number
  /** What a relative module URL is relative to, if anything. */
  base(): string | undefined
  /** Starts a worker; `died` is called once it has failed or ended by itself. Throws where no worker may be started. */
  start(died: (cause: unknown) => void): Started
  /** Calls later, without keeping the program running for it; the answer is the undo. */
  after(ms: number, call: () => void): () => void
}

export interface Started {
  readonly endpoint: Endpoint
  /** Watches a lock that the worker holds while it lives. */
  holds(lock: string): void
  /** Whether the worker has work: an idle one must not keep the program running. */
  busy(busy: boolean): void
  /** Ends the worker, whatever it does. */
  end(): void
}
