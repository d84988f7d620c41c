/** One job of a caller, while it waits and while it runs. */
import { AnywireError } from '../protocol/error.js'
import type { Order } from './thread-port.js'

/** Where a task tells how it goes; each call is nothing once the caller has its answer. */
export interface Caller {
  progress(value: unknown): void
  done(value: unknown): void
  failed(reason: unknown): void
}

export class Task {
  readonly caller: Caller
  #order: Order
  /** What of the order moves to the worker. */
  #moved: Transferable[]

  constructor(caller: Caller, order: Order, moved: readonly Transferable[]) {
    this.caller = caller
    this.#order = order
    this.#moved = [...moved]
  }

  get cargo(): readonly [order: Order, moved: Transferable[]] {
    return [this.#order, this.#moved]
  }

  /**
   * Takes the input of a task that has to wait as if it were sent: moved or copied, the caller's changes no longer
   * reach it.
   */
  pack(): void {
    const cargo = [this.#order, this.#moved] as const
    ;[this.#order, this.#moved] = structuredClone(cargo, { transfer: this.#moved }) as [Order, Transferable[]]
  }
}

export function unsendable(thrown: unknown): AnywireError {
  const why = thrown instanceof Error ? thrown.message : String(thrown)
  const remedy = 'pass what structured clone can copy, and in "transfer" only what can move and has not moved yet'
  return new AnywireError('bad-request', `The input cannot be sent to a worker (${why}): ${remedy}.`, { cause: thrown })
}
