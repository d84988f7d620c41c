/** One client that has to go from one transport to another: how long until its next message, and what it missed. */
import { setTimeout as wait } from 'node:timers/promises'
import { connect } from 'anywire/client'
import { FaultProxy } from '../recovery/proxy.mjs'
import { letPass } from './way.mjs'

/** @typedef {import('./way.mjs').Transport} Transport */
/**
 * `ms` until the next message on the new connection, `pauseMs` the longest time without one from the fault on.
 * @typedef {{ ms: number, pauseMs: number, lost: number, doubled: number }} Outcome
 */

/** Who has no message by then has failed. */
const boundMs = 15_000
/** What comes late or twice has so long to show. */
const tailMs = 300

export class Trial {
  /** @type {number[]} */
  #numbers = []
  /** @type {(() => void)[]} */
  #waiting = []
  #heardAt = 0
  #pauseMs = 0
  #letGo = () => {}

  /** @param {Transport} from @param {Transport} to @param {import('../recovery/proxy.mjs').Proxy} proxy */
  constructor(from, to, proxy) {
    this.from = from
    this.to = to
    this.proxy = proxy
    this.#letPass(from)
    this.client = connect(`${proxy.origin}/channels`, { transports: [from, to] })
    this.client.subscribe('switch', { from: 'now' }, (item) => {
      if (item.kind === 'message') this.#hear(/** @type {number} */ (item.data))
    })
  }

  /** @param {Transport} from @param {Transport} to @param {{ port: number, seed: number }} server */
  static async begin(from, to, server) {
    const trial = new Trial(from, to, await FaultProxy.start(server))
    await trial.#until(() => trial.client.stats.value.transport === from)
    return trial
  }

  /** Only the other transport passes from here on. */
  turn() {
    this.#letPass(this.to)
  }

  /** @param {() => Promise<number>} fault resolves with the moment from which time is counted @returns {Promise<Outcome>} */
  async meet(fault) {
    const { reconnects = 0 } = this.client.stats.value
    this.#heardAt = performance.now()
    this.#pauseMs = 0
    let since = Number.POSITIVE_INFINITY
    const heard = this.#until(() => {
      const { stats } = this.client
      return stats.value.reconnects > reconnects && stats.value.transport === this.to
    })
    since = await fault()
    const ms = (await heard) - since
    await wait(tailMs)
    return { ms: Math.max(0, ms), pauseMs: this.#pauseMs, ...this.#missed() }
  }

  async end() {
    await this.client.close()
    await this.proxy.close()
  }

  /** @param {Transport} transport */
  #letPass(transport) {
    this.#letGo()
    this.#letGo = letPass(this.proxy, transport)
  }

  /** @param {number} number */
  #hear(number) {
    const now = performance.now()
    this.#pauseMs = Math.max(this.#pauseMs, now - this.#heardAt)
    this.#heardAt = now
    this.#numbers.push(number)
    for (const look of this.#waiting) look()
  }

  /** When the first message comes while it holds. @param {() => boolean} holds @returns {Promise<number>} */
  async #until(holds) {
    const late = new AbortController()
    const heard = new Promise((resolve) => {
      const look = () => {
        if (holds()) resolve(performance.now())
      }
      this.#waiting = [look]
    })
    const failed = wait(boundMs, undefined, { signal: late.signal }).then(() => {
      const said = this.client.stats.value.decisions.join('\n')
      throw new Error(`${this.from} to ${this.to}: no message within ${boundMs} ms:\n${said}`)
    })
    try {
      return await Promise.race([heard, failed])
    } finally {
      late.abort()
      failed.catch(() => undefined)
    }
  }

  /** Between the first and the last number that came. */
  #missed() {
    const different = new Set(this.#numbers)
    const [first, last] = [Math.min(...different), Math.max(...different)]
    return { lost: last - first + 1 - different.size, doubled: this.#numbers.length - different.size }
  }
}
