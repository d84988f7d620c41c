/** A hub that leaves sends its clients away one by one, so that those who take them over are not overrun. */
import { setImmediate, setTimeout as wait } from 'node:timers/promises'
import { Pending } from '../core/pending.js'
import type { Connection } from '../core/reading/connection.js'
import { budgetMs } from '../core/turns.js'
import { AnywireError } from '../protocol/error.js'
import { by } from './by.js'

/** What a client is told. */
export interface Leaver {
  readonly connection: Connection
  /** Tells it when to come back, if its form can. */
  readonly tell: ((retryMs: number) => void) | undefined
  /** It opens its next connection before it leaves this one, and is served until then. */
  readonly switches: boolean
  /** It asks again after each answer, and does not stay connected meanwhile. */
  readonly asksAgain: boolean
  /** Resolves when its connection is gone. */
  readonly gone: () => Promise<void>
}

/** So far ahead of its time a client is told: more of them in one turn of the loop. */
const aheadMs = 100
/** So often it is looked whether anybody is left. */
const lookMs = 500
/** How long a client that switches may take for it. */
export const switchMs = 2_000
/** The last one may take that for its switch, and again until its connection is gone. */
const settleMs = 2 * switchMs
/** A second has at least so many. */
const leastPerSecond = 100
/** All are told within so long, where nobody says how many are told in a second. */
const usualSeconds = 20

/** How many clients are told in a second. */
export function paceOf(clients: number, perSecond: number | undefined, graceMs: number): number {
  const usual = perSecond ?? Math.max(leastPerSecond, clients / usualSeconds)
  // What cannot be done in time otherwise is done faster.
  return Math.max(usual, clients / (Math.max(1, graceMs - settleMs) / 1_000))
}

/** How long it takes, in milliseconds, if all clients switch as late as they may. */
export function drainMsOf(clients: number, perSecond: number | undefined, graceMs: number): number {
  return clients === 0 ? 0 : Math.ceil((clients * 1_000) / paceOf(clients, perSecond, graceMs)) + settleMs
}

export function leavingError(retryMs: number): AnywireError {
  return new AnywireError('draining', 'This server is leaving; connect again.', { details: { retryMs } })
}

export class PacedDrain {
  #told = 0
  #all = 0
  /** Turns of clients that had left before: whoever asks again, or waits, is sent away in their place. */
  #spare = 0
  /** The place of the first who has to be told, or comes again. */
  #stays = 0
  /** Requests that wait for an answer and came meanwhile, the oldest first. Those that were answered are dropped. */
  readonly #waiting = new Set<Connection>()

  /** From 0 to 1: the share of the clients that has been told. Undefined where there are none, or it has not begun. */
  get progress(): number | undefined {
    return this.#all === 0 ? undefined : this.#told / this.#all
  }

  /**
   * Whether a client that asks again after each answer is sent away now. Otherwise it is answered here, until a turn is
   * free: it is no faster sent elsewhere than those who stay connected.
   */
  takesTurn(): boolean {
    if (this.#spare === 0) return false
    this.#spare--
    return true
  }

  /** A request that was let in meanwhile. */
  waits(connection: Connection): void {
    for (const one of this.#waiting)
      if (one.closed) this.#waiting.delete(one)
      else break
    this.#waiting.add(connection)
  }

  /** Tells them all, each a time of its own: they come back `perSecond` in a second. Resolves when they have left. */
  async run(leavers: readonly Leaver[], perSecond: number): Promise<void> {
    this.#all = leavers.length
    const began = performance.now()
    const leaving = new Pending()
    let sliceEnd = began + budgetMs
    for (const [at, leaver] of leavers.entries()) {
      const due = began + (at * 1_000) / perSecond
      const stays = await this.#until(due - aheadMs, leavers, at)
      if (!stays) break
      this.#told++
      if (leaver.connection.closed) {
        this.#passOn()
        continue
      }
      leaving.track(send(leaver, Math.max(1, Math.round(due - performance.now()))))
      if (performance.now() < sliceEnd) continue
      await setImmediate()
      sliceEnd = performance.now() + budgetMs
    }
    await leaving.idle()
    this.#told = this.#all
  }

  /** Waits for a time by `performance.now()`. False: the rest, from `next` on, has left by itself. */
  async #until(ms: number, leavers: readonly Leaver[], next: number): Promise<boolean> {
    for (;;) {
      const early = ms - performance.now()
      if (early <= 0) return true
      this.#stays = Math.max(this.#stays, next)
      while (this.#stays < leavers.length && hasLeft(leavers[this.#stays])) this.#stays++
      if (this.#stays === leavers.length) return false
      await wait(Math.min(early, lookMs))
    }
  }

  /** The turn of one who has left is that of a request that waits, or of the next that comes. */
  #passOn(): void {
    for (const connection of this.#waiting) {
      this.#waiting.delete(connection)
      if (connection.closed) continue
      return connection.finish(leavingError(1))
    }
    this.#spare++
  }
}

const hasLeft = (leaver: Leaver | undefined) => leaver?.connection.closed === true && !leaver.asksAgain

/** Resolves when all that was written to it has left, or it has had the time for that. */
async function send({ connection, tell, switches, gone }: Leaver, retryMs: number): Promise<void> {
  tell?.(retryMs)
  if (switches) await by(performance.now() + retryMs + switchMs, gone())
  connection.finish(leavingError(retryMs))
  await by(performance.now() + switchMs, gone())
}
