/** What a delivery costs over each store: 1,000 readers of one node, whose log lies elsewhere. */

import { forms } from '../load/forms.mjs'
import { Session } from '../load/session.mjs'
import { engines, storeNames, storesOf } from '../servers/engines.mjs'
import { start } from '../servers/start.mjs'
import { median, number, ratio, table, verdict } from '../table.mjs'

const goal = 1.1
const perSecond = 50

/** @typedef {import('../servers/engines.mjs').StoreKey} StoreKey */

/** @param {{ subscribers: number, rounds: number, pacedMs: number, flags: string[], only?: Set<string> }} options */
export async function storeFanOut({ only, subscribers, rounds, pacedMs, flags }) {
  const running = []
  for (const key of storesOf(only)) {
    const engine = await engines[key]()
    const server = await start('stored', { args: [engine.store], flags })
    const session = await Session.open(server, forms.anywirePlain, subscribers)
    running.push({ key, engine, server, session, cost: /** @type {number[]} */ ([]) })
  }
  for (const { session } of running) await session.paced(perSecond, 500)
  for (let round = 0; round < rounds; round++) {
    for (const { session, cost } of running) cost.push((await session.paced(perSecond, pacedMs)).cpuUs)
  }
  for (const { session, server, engine } of running) {
    session.close()
    await server.stop()
    await engine.stop()
  }
  const [base] = running
  const lines = running.map(({ key, cost }) => {
    const times = median(cost.map((micros, round) => micros / base.cost[round]))
    const reached = key === 'memory' ? '' : verdict(`≤ ${goal}× memory`, times <= goal)
    return [storeNames[key], number(median(cost)), ratio(times), reached]
  })
  const note = `CPU of the node per delivery, user and system, its append included: 1 channel × ${subscribers} readers over plain WebSocket, 128-byte messages, ${perSecond} publishes/s. Medians of ${rounds} interleaved rounds; ratios are medians of each round's ratio.`
  return table('Fan-out over each store', note, ['store', 'CPU-µs', '× memory', 'goal'], lines)
}
