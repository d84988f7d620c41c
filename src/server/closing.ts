/** How a hub closes: it refuses new work, finishes what is under way, tells every client, and closes the store last. */
import { setImmediate } from 'node:timers/promises'
import type { Publisher } from '../core/publish/publisher.js'
import type { Delivery } from '../core/reading/delivery.js'
import type { GuardedStore } from '../stores/guarded.js'
import { closedHub } from '../stores/guarded-calls.js'
import { by } from './by.js'
import type { Connections } from './connections.js'

export interface ClosingOptions {
  readonly graceMs: number
  readonly publisher: Publisher
  readonly connections: Connections
  /** What reads logs of the hub's own. */
  readonly followers: readonly { close(): void }[]
  readonly delivery: Delivery
  readonly store: GuardedStore
}

/** Turns of the event loop that are waited for without any grace. */
const fewTurns = 20

export class Closing {
  #left: Promise<void> | undefined

  get begun(): boolean {
    return this.#left !== undefined
  }

  /** @throws AnywireError `draining` once it has begun. */
  check(): void {
    if (this.begun) throw closedHub()
  }

  /** Resolves when it is closed. Called again, it returns the same promise. */
  leave(options: ClosingOptions): Promise<void> {
    this.#left ??= this.#leave(options)
    return this.#left
  }

  async #leave({ graceMs, publisher, connections, followers, delivery, store }: ClosingOptions): Promise<void> {
    const deadline = performance.now() + graceMs
    await by(deadline, publisher.idle())
    // Acknowledgements are sent at the end of the turn in which their publish is done. Its messages reach readers a few
    // turns later.
    for (let turn = 0; turn < fewTurns && (turn < 2 || !delivery.settled); turn++) await setImmediate()
    await by(deadline, delivery.settle())
    await connections.drain(graceMs, deadline)
    for (const follower of followers) follower.close()
    delivery.close()
    await store.close()
  }
}
