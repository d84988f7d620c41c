/** Keeps the loop busy until a timer of this test and one of the server are due, so that both fire in one turn, in a known order. */
import type { Hub } from '../../src/index.js'

/**
 * Acts in the very turn in which the time of the next reading is up, before the server hears of that. `lifeMs` is the time of that reading, which
 * must begin after this call.
 */
export async function justBeforeTimeUp(hub: Hub, lifeMs: number, act: () => void): Promise<void> {
  while (hub.stats().connections === 0) await new Promise(setImmediate)
  const began = performance.now()
  await new Promise<void>((resolve) => {
    setTimeout(() => {
      // It is due before the server's own timer, which is due before the loop is free again.
      setTimeout(() => {
        act()
        resolve()
      }, 1)
      while (performance.now() < began + lifeMs + 100);
    }, lifeMs / 2)
  })
}
