/** Kills nodes and starts them again, one at a time, at moments that follow from a seed. */
import { setTimeout } from 'node:timers/promises'

/**
 * @typedef {object} Node
 * @property {(signal: NodeJS.Signals) => Promise<void>} end
 * @property {() => Promise<void>} start
 */

/** The same numbers from 0 to 1 for the same seed (mulberry32). @param {number} seed @returns {() => number} */
export function randomFrom(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * Every 2 to 5 s a node is gone for half a second to two: without warning, or told to end, so that it sends its readers
 * elsewhere. Answers how often, once `signal` has ended it and all nodes run.
 * @param {readonly Node[]} nodes
 * @param {{ seed: number, signal: AbortSignal, told?: (what: string) => void }} options
 * @returns {Promise<number>}
 */
export async function killAtRandom(nodes, { seed, signal, told = () => {} }) {
  const random = randomFrom(seed)
  let kills = 0
  for (;;) {
    await pause(2_000 + random() * 3_000, signal)
    if (signal.aborted) return kills
    const at = Math.floor(random() * nodes.length)
    const how = random() < 0.5 ? 'SIGKILL' : 'SIGTERM'
    const node = nodes[at]
    if (!node) throw new Error('There are no nodes.')
    told(`${how} for node ${at + 1}`)
    kills++
    await node.end(how)
    await pause(500 + random() * 1_500, signal)
    await node.start()
  }
}

/** @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
function pause(ms, signal) {
  return setTimeout(ms, undefined, { signal }).catch(() => undefined)
}
