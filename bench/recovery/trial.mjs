/** One fault and one client: how long until its next message, and what it missed or got twice. */
import { setTimeout as wait } from 'node:timers/promises'
import { FaultProxy } from './proxy.mjs'

/** @typedef {import('./proxy.mjs').Proxy} Proxy */
/** @typedef {(origin: string, hear: (number: number) => void, fail: (error: unknown) => void) => () => void} Open answers what closes the client */
/** @typedef {{ ms: number, lost: number, doubled: number, failure?: string }} Outcome `ms` is infinite if no message came in time */

/**
 * @typedef {object} Circumstances
 * @property {import('./rows.mjs').Row} row
 * @property {number} port of the server
 * @property {number} seed
 * @property {number} settleMs from the first message to the fault
 * @property {(proxy: Proxy) => Promise<void>} fault
 */

/** A client must get its first message by then, where nothing is wrong. */
const inMs = 20_000
/** What comes late or twice after the recovery has so long to show. */
const tailMs = 300

/** @param {Open} open @param {Circumstances} circumstances @returns {Promise<Outcome>} */
export async function trial(open, { row, port, seed, settleMs, fault }) {
  const proxy = await FaultProxy.start({ port, seed })
  row.before?.(proxy)
  const hearing = new Hearing(proxy)
  let since = performance.now()
  const close = open(
    proxy.origin,
    (number) => hearing.hear(number),
    (error) => hearing.fail(error),
  )
  try {
    if (!row.before) {
      await hearing.next(inMs)
      await wait(settleMs)
      hearing.onlyFresh()
      await fault(proxy)
      since = performance.now()
    }
    const at = await hearing.next(row.boundMs)
    if (at !== Number.POSITIVE_INFINITY) await wait(tailMs)
    return { ms: at - since, ...hearing.missed(), failure: hearing.failure }
  } finally {
    close()
    await proxy.close()
  }
}

class Hearing {
  /** @type {number[]} */
  #numbers = []
  /** @type {((at: number) => void) | undefined} */
  #wake
  #connections = 0
  /** @type {string | undefined} */
  failure

  /** @param {Proxy} proxy */
  constructor(proxy) {
    this.proxy = proxy
  }

  /** What was under way on the connections that are now open does not count as the next message. */
  onlyFresh() {
    this.#connections = this.proxy.counts.connections
  }

  /** @param {number} number */
  hear(number) {
    this.#numbers.push(number)
    if (this.proxy.counts.connections > this.#connections) this.#wake?.(performance.now())
  }

  /** @param {unknown} error */
  fail(error) {
    this.failure = error instanceof Error ? error.message : String(error)
    this.#wake?.(Number.POSITIVE_INFINITY)
  }

  /** When the next message came. @param {number} withinMs @returns {Promise<number>} */
  async next(withinMs) {
    if (this.failure) return Number.POSITIVE_INFINITY
    /** @type {NodeJS.Timeout | undefined} */
    let late
    const at = await new Promise((resolve) => {
      this.#wake = resolve
      late = setTimeout(resolve, withinMs, Number.POSITIVE_INFINITY)
    })
    clearTimeout(late)
    this.#wake = undefined
    return at
  }

  /** Between the first and the last number that came. */
  missed() {
    const different = new Set(this.#numbers)
    const [first, last] = [Math.min(...different), Math.max(...different)]
    const lost = different.size === 0 ? 0 : last - first + 1 - different.size
    return { lost, doubled: this.#numbers.length - different.size }
  }
}
