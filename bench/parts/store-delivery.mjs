/** How long a message takes from publish to its reader, on the same node and on another one, over each store. */
import { forms } from '../load/forms.mjs'
import { Session } from '../load/session.mjs'
import { engines, storeNames } from '../servers/engines.mjs'
import { start } from '../servers/start.mjs'
import { median, number, table } from '../table.mjs'

/** @typedef {import('../servers/engines.mjs').StoreKey} StoreKey */
/** @typedef {{ name: string, store: StoreKey, server: string, form: import('../load/crowd.mjs').Form, nodes: number }} Row */

const perSecond = 100
const bare = { form: forms.bare, nodes: 2 }
const ours = { server: 'stored', form: forms.anywirePlain }

/** @type {Row[]} */
const rows = [
  { name: `**Anywire** ${storeNames.memory}`, store: 'memory', ...ours, nodes: 1 },
  { name: `**Anywire** ${storeNames.disk}`, store: 'disk', ...ours, nodes: 2 },
  { name: 'bare `@redis/client`', store: 'redis', server: 'bare-redis', ...bare },
  { name: `**Anywire** ${storeNames.redis}`, store: 'redis', ...ours, nodes: 2 },
  { name: 'bare `@nats-io/transport-node`', store: 'nats', server: 'bare-nats', ...bare },
  { name: `**Anywire** ${storeNames.nats}`, store: 'nats', ...ours, nodes: 2 },
]

/** @param {{ rounds: number, pacedMs: number, flags: string[] }} options */
export async function storeDelivery({ rounds, pacedMs, flags }) {
  const running = []
  for (const row of rows) {
    const engine = await engines[row.store]()
    const nodes = []
    for (let node = 0; node < row.nodes; node++) nodes.push(await start(row.server, { args: [engine.store], flags }))
    running.push({ row, engine, nodes, measured: nodes.map(() => /** @type {Delay[]} */ ([])) })
  }
  for (let round = -1; round < rounds; round++) {
    for (const { row, nodes, measured } of running)
      for (const [at, node] of nodes.entries()) {
        const session = await Session.open(nodes[0], row.form, 1, node)
        const delay = await session.paced(perSecond, round < 0 ? 300 : pacedMs)
        session.close()
        if (round >= 0) measured[at].push(delay)
      }
  }
  for (const { nodes, engine } of running) {
    for (const node of nodes) await node.stop()
    await engine.stop()
  }
  const lines = running.map(({ row, measured }) => [
    row.name,
    ...measured.flatMap(spelt),
    ...(row.nodes < 2 ? ['–', '–'] : []),
  ])
  const note = `Milliseconds from publish to the arrival at a reader over a WebSocket (bare: a socket), one clock: ${perSecond} publishes/s of 128 bytes, medians of ${rounds} interleaved rounds. The bare way stores and publishes in one script, or one publish of JetStream. Each answer of the disk store is on the disk (fsync).`
  const heads = ['store', 'same node: p50', 'p99', 'another node: p50', 'p99']
  return table('From publish to delivery', note, heads, lines)
}

/** @typedef {import('../load/session.mjs').Measured} Delay */

/** @param {Delay[]} delays */
function spelt(delays) {
  return [number(median(delays.map(({ p50Ms }) => p50Ms))), number(median(delays.map(({ p99Ms }) => p99Ms)))]
}
