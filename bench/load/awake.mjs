/** Keeps the load generator from falling asleep, so that no server is charged for waking it: that would favour those that send seldom, or late. */
import { availableParallelism } from 'node:os'

/** Of one core both would have to share. */
const possible = availableParallelism() > 1

/** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
export async function awake(work) {
  let over = !possible
  const turn = () => {
    if (!over) setImmediate(turn)
  }
  turn()
  try {
    return await work()
  } finally {
    over = true
  }
}
