/** How a hub closes: it refuses new work, finishes what is under way, tells every client, and closes the store last. */
import { setImmediate, setTimeout as wait } from 'node:timers/promises'
import type { Publisher } from '../core/publish/publisher.js'
import type { Connection } from '../core/reading/connection.js'
import type { Delivery } from '../core/reading/delivery.js'
import type { GuardedStore } from '../stores/guarded.js'
import { closedHub } from '../stores/guarded-calls.js'
import { by } from './by.js'
import type { Connections } from './connections.js'
import { leavingError, PacedDrain, paceOf } from './paced-drain.js'
import type { Presence } from './presence/presence.js'

/** What `hub.close` can be told. */
export interface CloseOptions {
  /** How long it may take after `lameMs`, but for the store. @default 2_000 */
  readonly graceMs?: number | undefined
  /**
   * How long everything goes on as before, but for `readiness`: balancers need so long until they send nobody here.
   * @default 0
   */
  readonly lameMs?: number | undefined
  /**
   * Clients that are sent away in a second, each at its own time; the others are served meanwhile, and nobody new is
   * let in. More where `graceMs` asks for it. `null` is all within 20 s, or 100 in a second where they are few.
   * @default all at once, to come back spread over `graceMs`
   * @unit clients/s
   */
  readonly perSecond?: number | null | undefined
}

export interface ClosingParts {
  readonly publisher: Publisher
  readonly connections: Connections
  /** What reads logs of the hub's own. */
  readonly followers: readonly { close(): void }[]
  readonly presence: Presence
  readonly delivery: Delivery
  readonly store: GuardedStore
}

/** Turns of the event loop that are waited for without any grace. */
const fewTurns = 20

//  open ──leave──► lame ──lameMs──► sending ──all told──► closing
type Phase = 'open' | 'lame' | 'sending' | 'closing'

export class Closing {
  readonly #paced = new PacedDrain()
  #phase: Phase = 'open'
  #left: Promise<void> | undefined

  /** Nothing is taken any more. */
  get begun(): boolean {
    return this.#phase === 'closing'
  }

  /** Clients should be sent elsewhere. */
  get leaving(): boolean {
    return this.#phase !== 'open'
  }

  /** Clients are sent away, at once or one by one. */
  get sendsAway(): boolean {
    return this.#phase === 'sending' || this.begun
  }

  /** From 0 to 1: how many of the clients have been told. */
  get progress(): number {
    return this.begun ? 1 : (this.#paced.progress ?? 0)
  }

  /** @throws AnywireError `draining` once it has begun. */
  check(): void {
    if (this.begun) throw closedHub()
  }

  /** @throws AnywireError `draining` for a client that would have to leave at once. */
  checkComing(): void {
    this.check()
    if (this.#phase === 'sending') throw leavingError(1)
  }

  /**
   * Lets a request wait for its answer, whose client asks again after each.
   * @throws AnywireError `draining` once that is sent elsewhere
   */
  checkAsking(connection: Connection): void {
    this.check()
    if (this.#phase !== 'sending') return
    if (this.#paced.takesTurn()) throw leavingError(1)
    this.#paced.waits(connection)
  }

  /** Resolves when it is closed. Called again, it returns the same promise. */
  leave(options: CloseOptions, parts: ClosingParts): Promise<void> {
    this.#left ??= this.#leave(options, parts)
    return this.#left
  }

  async #leave({ graceMs = 2_000, lameMs = 0, perSecond }: CloseOptions, parts: ClosingParts): Promise<void> {
    const { publisher, connections, presence, followers, delivery, store } = parts
    if (lameMs > 0) {
      this.#phase = 'lame'
      await wait(lameMs)
    }
    const deadline = performance.now() + graceMs
    if (perSecond !== undefined) {
      this.#phase = 'sending'
      const leavers = connections.leavers()
      await by(deadline, this.#paced.run(leavers, paceOf(leavers.length, perSecond ?? undefined, graceMs)))
    }
    this.#phase = 'closing'
    presence.close()
    await by(deadline, publisher.idle())
    // Acknowledgements are sent at the end of the turn in which their publish is done. Its messages reach readers a few
    // turns later.
    for (let turn = 0; turn < fewTurns && (turn < 2 || !delivery.settled); turn++) await setImmediate()
    await by(deadline, delivery.settle())
    await connections.drain(Math.max(0, Math.min(graceMs, deadline - performance.now())), deadline)
    for (const follower of followers) follower.close()
    delivery.close()
    await store.close()
  }
}
