/** One server under load: its crowd, and the publishes that enter over its control connection, each answered by one byte. */
import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import { messageBytes, spell } from '../message.mjs'
import { awake } from './awake.mjs'
import { Crowd } from './crowd.mjs'

/** @typedef {{ cpuUs: number, p50Ms: number, p99Ms: number, perSecond: number, bytes: number }} Measured */

/** Publish times remembered: more than can be on their way. */
const remembered = 1 << 16

export class Session {
  #sentAt = new Float64Array(remembered)
  #published = 0
  #answered = 0
  /** @type {number[]} */
  #delays = []
  /** @type {(() => void) | undefined} */
  #onAnswers

  /** @param {import('../servers/start.mjs').Running} server @param {number} [bytes] of a message: what the server was started with */
  constructor(server, bytes = messageBytes) {
    this.server = server
    this.bytes = bytes
    this.crowd = new Crowd((seq, previous) => this.#sample(seq, previous))
    this.socket = connect({ port: server.control, host: '127.0.0.1', noDelay: true })
    this.socket.on('data', (answers) => {
      this.#answered += answers.length
      this.#onAnswers?.()
    })
  }

  /** `at`: the node where they read, if it is another one. @param {import('../servers/start.mjs').Running} server @param {import('./crowd.mjs').Form} form @param {number} size @param {number} [bytes] */
  static async open(server, form, size, at = server, bytes = messageBytes) {
    const session = new Session(server, bytes)
    await session.crowd.gather(form, at.port, size)
    return session
  }

  /** Publishes at a pace. @param {number} perSecond @param {number} forMs @returns {Promise<Measured>} */
  paced(perSecond, forMs) {
    const total = Math.max(1, Math.round((perSecond * forMs) / 1000))
    const start = performance.now()
    let sent = 0
    return this.#measure(
      () =>
        new Promise((resolve) => {
          const timer = setInterval(() => {
            const due = Math.min(total, Math.floor(((performance.now() - start) * perSecond) / 1000) + 1)
            if (sent < due) this.#publish(due - sent)
            sent = due
            if (sent < total) return
            clearInterval(timer)
            resolve(undefined)
          }, 2)
        }),
    )
  }

  /** Keeps so many publishes unanswered. @param {number} inFlight @param {number} forMs @returns {Promise<Measured>} */
  saturated(inFlight, forMs) {
    const until = performance.now() + forMs
    return this.#measure(
      () =>
        new Promise((resolve) => {
          this.#onAnswers = () => {
            if (performance.now() > until) return resolve(undefined)
            this.#publish(inFlight - (this.#published - this.#answered))
          }
          this.#onAnswers()
        }),
    )
  }

  /** One message at a time: the next is published when everybody has the one before. @param {number} count @returns {Promise<Measured>} */
  alone(count) {
    return this.#measure(async () => {
      for (let left = count; left > 0; left--) {
        this.#publish(1)
        await this.crowd.reach(this.#published * this.crowd.readers.length)
      }
    })
  }

  /** The load, then everything answered and everything delivered. @param {() => Promise<unknown>} load @returns {Promise<Measured>} */
  async #measure(load) {
    this.#delays = []
    const { crowd, server } = this
    crowd.stay()
    const before = { published: this.#published, received: crowd.received, bytes: crowd.bytes, at: performance.now() }
    const cpu = await server.ask('cpu')
    await awake(async () => {
      await load()
      await this.#allAnswered()
      await crowd.reach(this.#published * crowd.readers.length)
    })
    const cpuUs = (await server.ask('cpu')) - cpu
    const deliveries = crowd.received - before.received
    return {
      cpuUs: cpuUs / deliveries,
      p50Ms: percentile(this.#delays, 0.5),
      p99Ms: percentile(this.#delays, 0.99),
      perSecond: ((this.#published - before.published) / (performance.now() - before.at)) * 1000,
      bytes: (crowd.bytes - before.bytes) / deliveries,
    }
  }

  #allAnswered() {
    return new Promise((resolve) => {
      this.#onAnswers = () => {
        if (this.#answered === this.#published) resolve(undefined)
      }
      this.#onAnswers()
    })
  }

  #publish(/** @type {number} */ count) {
    if (count <= 0) return
    const now = performance.now()
    let text = ''
    for (let left = count; left > 0; left--) {
      const seq = ++this.#published
      this.#sentAt[seq % remembered] = now
      text += spell(seq, this.bytes)
    }
    this.socket.write(text, 'latin1')
  }

  #sample(/** @type {number} */ seq, /** @type {number} */ previous) {
    if (seq <= previous) throw new Error(`Message ${seq} came after ${previous}.`)
    this.#delays.push(performance.now() - this.#sentAt[seq % remembered])
  }

  close() {
    this.socket.destroy()
    this.crowd.close()
  }
}

/** @param {number[]} values @param {number} part */
function percentile(values, part) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}
