/** Many subscribers of one server, let in a few at a time, and how many messages have reached them together. */

/** Handshakes under way at once. */
const atOnce = 64
/** Every so many subscribers one is looked at closely: order and delay. */
const sampleEvery = 50

/** @typedef {{ count: number, bytes: number, close(): void, scan: import('./reader.mjs').Scan, socket: import('node:net').Socket }} Subscriber */
/** @typedef {{ open(port: number, listener: import('./reader.mjs').Listener): Promise<Subscriber> }} Form */

export class Crowd {
  /** @type {Subscriber[]} */
  readers = []
  received = 0
  /** How many lost their connection, and what the last one was told. */
  lost = 0
  why = ''
  #target = Number.POSITIVE_INFINITY
  /** @type {(() => void) | undefined} */
  #reached

  #onSample

  /** @param {(seq: number, previous: number) => void} [onSample] hears of each message that a few of them get */
  constructor(onSample) {
    this.#onSample = onSample
  }

  /** Lets in `size` more. @param {Form} form @param {number} port @param {number} size */
  async gather(form, port, size) {
    const listener = {
      received: (/** @type {number} */ count) => this.#count(count),
      lost: (/** @type {string} */ why) => {
        this.lost++
        this.why = why
      },
    }
    let next = 0
    const admit = async () => {
      while (next < size) {
        const sampled = next++ % sampleEvery === 0
        const reader = await form.open(port, listener)
        if (sampled && this.#onSample) sample(reader.scan, this.#onSample)
        this.readers.push(reader)
      }
    }
    await Promise.all(Array.from({ length: Math.min(atOnce, size) }, admit))
  }

  #count(/** @type {number} */ count) {
    this.received += count
    if (this.received >= this.#target) this.#reached?.()
  }

  /** Resolves when so many messages have come in all; fails after `timeoutMs`. @param {number} total */
  async reach(total, timeoutMs = 30_000) {
    if (this.received < total) {
      this.#target = total
      let timer
      await new Promise((resolve, reject) => {
        this.#reached = () => resolve(undefined)
        timer = setTimeout(() => reject(new Error(this.#missing(total))), timeoutMs)
      })
      clearTimeout(timer)
      this.#target = Number.POSITIVE_INFINITY
    }
    this.#check(total / this.readers.length)
  }

  /** Every subscriber must have every message. @param {number} each */
  #check(each) {
    const wrong = this.readers.filter(({ count }) => count !== each)
    if (wrong.length > 0) {
      throw new Error(`${wrong.length} subscribers have another number of messages than ${each}: ${wrong[0].count}.`)
    }
  }

  /** Nobody may have been sent away. */
  stay() {
    if (this.lost > 0) throw new Error(`${this.lost} subscribers lost their connection: ${this.why}.`)
  }

  #missing(/** @type {number} */ total) {
    const why = this.lost > 0 ? ` ${this.lost} subscribers lost their connection: ${this.why}.` : ''
    return `${this.received} of ${total} messages arrived.${why}`
  }

  get bytes() {
    return this.readers.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  close() {
    for (const reader of this.readers) reader.close()
  }
}

/** @param {import('./reader.mjs').Scan} scan @param {(seq: number, previous: number) => void} onSample */
function sample(scan, onSample) {
  let previous = 0
  scan.onSequence = (seq) => {
    onSample(seq, previous)
    previous = seq
  }
}
