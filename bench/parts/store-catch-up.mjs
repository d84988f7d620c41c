/** How fast one reader catches up with a long log over each store, and what a bare loop of the engine's library reads. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Crowd } from '../load/crowd.mjs'
import { forms } from '../load/forms.mjs'
import { messageBytes } from '../message.mjs'
import { engines, storeNames, storesOf } from '../servers/engines.mjs'
import { start } from '../servers/start.mjs'
import { median, number, table, verdict } from '../table.mjs'

const program = fileURLToPath(new URL('../stores/read.mjs', import.meta.url))
const openGoalMs = 200
const bareNames = {
  disk: 'bare `lmdb` loop',
  redis: 'bare `@redis/client`, `XRANGE`',
  nats: 'bare `@nats-io/transport-node`, a consumer',
}

/** @typedef {import('../servers/engines.mjs').StoreKey} StoreKey */
/** @typedef {{ ms: number, cpuUs: number }} Read */

/** @param {{ messages: number, rounds: number, flags: string[], only?: Set<string> }} options */
export async function storeCatchUp({ only, messages, rounds, flags }) {
  /** @type {string[][]} */
  const lines = []
  for (const key of storesOf(only)) {
    const engine = await engines[key]()
    const server = await start('stored', { args: [engine.store, `${messages}`], flags })
    /** @type {Read[]} */
    const reads = []
    for (let round = 0; round < rounds; round++) reads.push(await caughtUp(server, messages))
    await server.stop()
    if (key in bareNames)
      lines.push(await bareLine(/** @type {keyof typeof bareNames} */ (key), engine.store, messages))
    const openMs = key === 'disk' ? (await asked('open', engine.store)).ms : undefined
    await engine.stop()
    const opened =
      openMs === undefined ? '' : verdict(`opened in ${number(openMs)} ms, < ${openGoalMs}`, openMs < openGoalMs)
    lines.push([`**Anywire** ${storeNames[key]}`, ...spelt(reads, messages), opened])
  }
  const note = `One reader over plain WebSocket, from the start of a log of ${messages} messages of ${messageBytes} bytes to its head: MB of payload in a second, and CPU of the node per message; medians of ${rounds} readings. The bare loop reads what the store has written, and sends it nowhere. Opened: \`disk()\` on that folder, in a new process, until it has answered where the log stands.`
  return table('Catching up', note, ['store', 'MB/s', 'messages/s', 'CPU-µs', 'goal'], lines)
}

/** @param {Read[]} reads @param {number} messages */
function spelt(reads, messages) {
  const seconds = median(reads.map(({ ms }) => ms)) / 1_000
  const micros = median(reads.map(({ cpuUs }) => cpuUs)) / messages
  return [number((messages * messageBytes) / 1e6 / seconds), (messages / seconds).toFixed(0), number(micros)]
}

/** @param {import('../servers/start.mjs').Running} server @param {number} messages @returns {Promise<Read>} */
async function caughtUp(server, messages) {
  const cpu = await server.ask('cpu')
  const began = performance.now()
  const crowd = new Crowd()
  await crowd.gather(forms.anywireFromStart, server.port, 1)
  await crowd.reach(messages, 300_000)
  const ms = performance.now() - began
  const cpuUs = (await server.ask('cpu')) - cpu
  crowd.close()
  return { ms, cpuUs }
}

/** @param {keyof typeof bareNames} key @param {string} store @param {number} messages */
async function bareLine(key, store, messages) {
  const read = await asked('bare', store)
  return [bareNames[key], ...spelt([read], messages), '']
}

/** @param {string} what @param {string} store @returns {Promise<Read>} */
async function asked(what, store) {
  const { stdout } = await promisify(execFile)(process.execPath, [program, what, store])
  return JSON.parse(stdout)
}
