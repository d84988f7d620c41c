/** One timing wheel for everything that waits: heartbeats, stalls, polls, rates, expiries. No timer per connection. */

import { Chain, type Linked } from './chain.js'

/** Something that is due at a time. Subclass it or hand over a function with `timed`. In one wheel at a time. */
export interface Timed extends Linked<Timed> {
  /** The tick at which it fires; set by the wheel, 0 while it waits for nothing. */
  tick: number
  fire(): void
}

/** Resolution of the wheel, and so of every waiting time. */
export const tickMs = 20
const slots = 1024

/** How long the loop is held at most by entries that are due at once. */
const budgetMs = 4

/**
 * A hashed wheel (Varghese & Lauck 1987, scheme 6): one chain per slot, entries of later rounds are passed over. No sets:
 * a set that grows or shrinks leaves its table behind, and until that is collected all that was in it is kept.
 */
export class Wheel {
  readonly #slots: (Chain<Timed> | undefined)[] = new Array(slots)
  #size = 0
  #done = this.now()
  #timer: NodeJS.Timeout | undefined
  #armed = Number.POSITIVE_INFINITY
  readonly #onError: (thrown: unknown) => void

  /** `onError` is called with what an entry throws. */
  constructor(onError: (thrown: unknown) => void = rethrowLater) {
    this.#onError = onError
  }

  /** Entries that wait. */
  get size(): number {
    return this.#size
  }

  /** The tick of this moment. */
  now(): number {
    return Math.floor(performance.now() / tickMs)
  }

  /**
   * Lets the entry fire once, `delayMs` from now, at the latest one tick after. An entry that waits already is moved.
   */
  schedule(entry: Timed, delayMs: number): void {
    this.cancel(entry)
    this.scheduleAt(entry, Math.floor((performance.now() + delayMs) / tickMs) + 1)
  }

  /** Lets the entry fire at the next tick that is a multiple of `periodMs`: one grid for all who share a period. */
  scheduleOnGrid(entry: Timed, periodMs: number): void {
    this.cancel(entry)
    const period = Math.max(1, Math.round(periodMs / tickMs))
    this.scheduleAt(entry, (Math.floor(this.now() / period) + 1) * period)
  }

  cancel(entry: Timed): void {
    if (entry.tick === 0) return
    this.#slots[entry.tick % slots]?.remove(entry)
    this.#size--
    entry.tick = 0
  }

  private scheduleAt(entry: Timed, tick: number): void {
    entry.tick = Math.max(tick, this.#done + 1)
    const slot = entry.tick % slots
    const chain = this.#slots[slot] ?? new Chain()
    this.#slots[slot] = chain
    chain.add(entry)
    this.#size++
    if (entry.tick < this.#armed) this.arm(entry.tick)
  }

  private arm(tick: number): void {
    clearTimeout(this.#timer)
    this.#armed = tick
    // A timer holds 24.8 days at most: the wheel looks again until the time has come.
    const delayMs = Math.min(Math.max(0, tick * tickMs - performance.now()), slots * tickMs)
    this.#timer = setTimeout(() => this.turn(), delayMs)
    this.#timer.unref()
  }

  private turn(): void {
    const now = this.now()
    const deadline = performance.now() + budgetMs
    this.#armed = Number.POSITIVE_INFINITY
    if (now - this.#done > slots) this.#done = now - slots
    while (this.#done < now) {
      if (!this.fireSlot(this.#slots[(this.#done + 1) % slots], now, deadline)) {
        setImmediate(() => this.turn())
        return
      }
      this.#done++
    }
    if (this.#size > 0) this.arm(this.next(now))
  }

  /** False: out of time, what is left fires later. */
  private fireSlot(chain: Chain<Timed> | undefined, now: number, deadline: number): boolean {
    const due: Timed[] = []
    for (let entry = chain?.oldest; entry; entry = entry.newer) if (entry.tick <= now) due.push(entry)
    for (const entry of due) {
      if (entry.tick === 0 || entry.tick > now) continue // cancelled or moved by one that fired before it
      this.cancel(entry)
      this.fire(entry)
      if (performance.now() > deadline) return false
    }
    return true
  }

  /** An entry that throws must not stop the others. */
  private fire(entry: Timed): void {
    try {
      entry.fire()
    } catch (thrown) {
      this.#onError(thrown)
    }
  }

  /** The next slot with entries. They may be of a later round: looking early costs little. */
  private next(now: number): number {
    for (let tick = now + 1; tick <= now + slots; tick++) if (this.#slots[tick % slots]?.size) return tick
    return now + slots
  }
}

function rethrowLater(thrown: unknown): void {
  queueMicrotask(() => {
    throw thrown
  })
}

/** An entry that calls `fire`. */
export function timed(fire: () => void): Timed {
  return { tick: 0, older: undefined, newer: undefined, fire }
}
