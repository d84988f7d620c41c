/** Runs the trials of a row: every product meets the same fault at the same moment, repetition for repetition. */
import { setTimeout as wait } from 'node:timers/promises'
import { Random } from './proxy.mjs'
import { TickingServer } from './server.mjs'
import { trial } from './trial.mjs'

/** @typedef {import('./rows.mjs').Row} Row */
/** @typedef {import('./products.mjs').Product} Product */
/** @typedef {import('./trial.mjs').Outcome} Outcome */

/** Repetitions that are under way at once. */
const lanes = 5
/** They begin up to so much apart. */
const apartMs = 400
/** What takes long begins so much apart. */
export const asideMs = 150

/** The servers behind a set of trials. */
export class World {
  /** @type {Record<Product['server'], TickingServer>} */
  servers = { anywire: new TickingServer('anywire'), socketio: new TickingServer('socketio') }

  async start() {
    await Promise.all(Object.values(this.servers).map((server) => server.start()))
    return this
  }

  async end() {
    await Promise.all(Object.values(this.servers).map((server) => server.end()))
  }
}

/**
 * @param {Row} row
 * @param {{ world: World, products: Product[], times: number, seed: number }} options
 * @returns {Promise<Outcome[][]>} the outcomes of each product
 */
export async function runRow(row, { world, products, times, seed }) {
  const random = new Random(seed)
  /** @type {Outcome[][]} */
  const outcomes = products.map(() => [])
  const repeat = async (/** @type {number} */ time, /** @type {Barrier | undefined} */ together = undefined) => {
    const settleMs = 300 + random.below(500)
    const seed = random.below(2 ** 32)
    const one = async (/** @type {Product} */ { open, server }, /** @type {number} */ column) => {
      const { port } = world.servers[server]
      const fault = together
        ? (/** @type {any} */ proxy) => together.restart(row.restart ?? 'process', proxy, server)
        : row.fault
      const circumstances = { row, port, seed, settleMs, fault: fault ?? (async () => undefined) }
      outcomes[column][time] = await trial(open, circumstances)
    }
    await Promise.all(products.map(one))
  }
  if (row.restart) await inRounds(times, (time, barrier) => repeat(time, barrier), world, products.length)
  else if (row.aside) await Promise.all(numbers(times).map((time) => wait(time * asideMs).then(() => repeat(time))))
  else await inLanes(times, repeat)
  return outcomes
}

/** Has everything loaded and run once. @param {World} world @param {Product[]} products */
export async function warmUp(world, products) {
  const row = {
    name: 'warm-up',
    fault: (/** @type {import('./proxy.mjs').Proxy} */ proxy) => proxy.cut(),
    boundMs: 5_000,
  }
  await runRow(row, { world, products, times: 3, seed: 1 })
}

/** @param {number} times @param {(time: number) => Promise<void>} repeat */
async function inLanes(times, repeat) {
  const left = numbers(times)
  const lane = async () => {
    for (let time = left.shift(); time !== undefined; time = left.shift()) {
      await wait(Math.random() * apartMs)
      await repeat(time)
    }
  }
  await Promise.all(numbers(lanes).map(lane))
}

/** @param {number} times @param {(time: number, barrier: Barrier) => Promise<void>} repeat @param {World} world @param {number} products */
async function inRounds(times, repeat, world, products) {
  for (let from = 0; from < times; from += lanes) {
    const round = numbers(times).slice(from, from + lanes)
    const barrier = new Barrier(world, round.length * products)
    await Promise.all(round.map((time) => repeat(time, barrier)))
  }
}

/** Has the servers restarted once everybody is there. */
class Barrier {
  #here = 0
  /** @type {Record<string, Promise<void>>} */
  #restarted = {}
  /** @type {(() => void)[]} */
  #waiting = []

  /** @param {World} world @param {number} size */
  constructor(world, size) {
    this.world = world
    this.size = size
  }

  /** Resolves when the server is there again. @param {'process' | 'hub'} what @param {import('./proxy.mjs').Proxy} proxy @param {Product['server']} name */
  async restart(what, proxy, name) {
    this.#here++
    if (this.#here < this.size) await new Promise((resolve) => this.#waiting.push(() => resolve(undefined)))
    else for (const go of this.#waiting) go()
    const server = this.world.servers[name]
    this.#restarted[name] ??= server.restart(what)
    await this.#restarted[name]
    proxy.serverPort = server.port
  }
}

/** @param {number} count */
function numbers(count) {
  return Array.from({ length: count }, (_, index) => index)
}
