/** How long a client is without messages when it has to go from one transport to another, whatever the reason. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Random } from '../recovery/proxy.mjs'
import { median, number, table } from '../table.mjs'
import { Trial } from './trial.mjs'
import { transports } from './way.mjs'

/** @typedef {import('./trial.mjs').Outcome} Outcome */

/** How long the network is away. */
const awayMs = 1_000

const pairs = transports.flatMap((from) => transports.map((to) => ({ from, to })))

/** @param {{ times: number, seed?: number }} options */
export async function switching({ times, seed = Math.floor(Math.random() * 2 ** 32) }) {
  const random = new Random(seed)
  const server = await new Server().start()
  // The client says on the console that a way is refused, which is what is asked for here.
  const { warn } = console
  console.warn = () => undefined
  /** @type {Record<keyof typeof faults, Outcome[][]>} */
  const outcomes = { switch: [], drain: [], cut: [] }
  // The first round of each has everything loaded and run once, and does not count.
  for (let round = -1; round < times; round++)
    for (const name of /** @type {(keyof typeof faults)[]} */ (Object.keys(faults))) {
      const all = await meet(server, faults[name], random)
      if (round >= 0) outcomes[name].push(all)
    }
  console.warn = warn
  server.stop()
  return spell(outcomes, times, seed)
}

/** The faults, for one client or for all: each resolves with the moment from which time is counted. */
const faults = {
  /** @param {Trial} trial */
  async switch(trial) {
    trial.turn()
    const since = performance.now()
    await trial.proxy.cut('fin')
    return since
  },
  /** @param {Trial} trial @param {Server} server */
  async drain(trial, server) {
    trial.turn()
    trial.proxy.serverPort = server.port
    return server.drain()
  },
  /** @param {Trial} trial */
  async cut(trial) {
    trial.turn()
    trial.proxy.refuse('reset')
    await trial.proxy.cut('reset')
    await wait(awayMs)
    await trial.proxy.accept()
    return performance.now()
  },
}

/** A client for each pair meets the fault at one moment, which chance chooses. @param {Server} server @param {(trial: Trial, server: Server) => Promise<number>} fault @param {import('../recovery/proxy.mjs').Chance} random */
async function meet(server, fault, random) {
  const to = () => ({ port: server.port, seed: random.below(2 ** 32) })
  const trials = await Promise.all(pairs.map((pair) => Trial.begin(pair.from, pair.to, to())))
  await wait(300 + random.below(500))
  if (fault === faults.drain) await server.replace()
  const outcomes = await Promise.all(trials.map((trial) => trial.meet(() => fault(trial, server))))
  await Promise.all(trials.map((trial) => trial.end()))
  return outcomes
}

/** The server in a process of its own. */
class Server {
  port = 0
  /** @type {number | undefined} */
  #drainedAt

  async start() {
    this.child = fork(fileURLToPath(new URL('server.mjs', import.meta.url)), { serialization: 'json' })
    await this.#begun()
    return this
  }

  /** Another one is ready; the one before is still there. */
  async replace() {
    this.child?.send('begin')
    await this.#begun()
    this.#drainedAt = undefined
  }

  /** The one before leaves: all who ask mean the same leaving. */
  drain() {
    if (this.#drainedAt === undefined) {
      this.child?.send('drain')
      this.#drainedAt = performance.now()
    }
    return this.#drainedAt
  }

  stop() {
    this.child?.disconnect()
  }

  async #begun() {
    if (!this.child) return
    const [{ port }] = await once(this.child, 'message')
    this.port = port
  }
}

/** @param {Record<keyof typeof faults, Outcome[][]>} outcomes @param {number} times @param {number} seed */
function spell(outcomes, times, seed) {
  const cell = (/** @type {number[]} */ values) => `${number(median(values))} / ${number(Math.max(...values))}`
  const lines = pairs.map(({ from, to }, at) => {
    const of = (/** @type {keyof typeof faults} */ name) => outcomes[name].map((all) => all[at])
    const all = Object.values(outcomes).flatMap((rounds) => rounds.map((round) => round[at]))
    const sum = (/** @type {'lost' | 'doubled'} */ what) => all.reduce((total, one) => total + one[what], 0)
    return [
      `${from} → ${to}`,
      cell(of('switch').map(({ ms }) => ms)),
      cell(of('drain').map(({ ms }) => ms)),
      cell(of('drain').map(({ pauseMs }) => pauseMs)),
      cell(of('cut').map(({ ms }) => ms)),
      `${sum('lost')} / ${sum('doubled')}`,
    ]
  })
  const heads = ['from → to', 'forced switch', 'server drain', 'longest pause of it', 'network cut', 'lost / doubled']
  const note = `Milliseconds until the next message on the new connection, median / worst of ${times} (seed ${seed}); one is published every 20 ms. Each client stands behind a fault proxy of its own, which lets only the first transport pass until the fault, and only the second one from then on: it refuses a WebSocket by 403 and a POST by 502. *Forced switch*: the connection is ended by FIN at that moment. *Server drain*: another server over the same store takes new connections, and the old one leaves (\`hub.close\` with \`perSecond: null\`); the old connection is read until the new one is proven, so the longest pause between two messages is shorter. *Network cut*: RST, then nothing for ${awayMs} ms; counted from when the network is back. The client in Node has no HTTP/2; its stream is over HTTP/1.1.`
  return table('Switching transports', note, heads, lines)
}
