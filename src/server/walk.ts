/** A walk over many things, that leaves the loop to others now and then. */
import { setImmediate } from 'node:timers/promises'

/** How many are looked at in one turn: under 1 ms where that is cheap. */
export const inOneTurn = 2_000

/** `look` answers how many things its call was worth. */
export async function walk<T>(all: Iterable<T>, look: (one: T, at: number) => number): Promise<void> {
  let at = 0
  let looked = 0
  for (const one of all) {
    looked += look(one, at++)
    if (looked < inOneTurn) continue
    looked = 0
    await setImmediate()
  }
}
