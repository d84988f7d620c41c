/**
 * One reading of the figures over one transport: opens it, cuts it, resumes it where it was, and counts what came.
 *
 *   connecting ──opened──► open ──cut──► cut ──resume──► connecting ;  open or connecting ──ended──► connecting, after a pause
 *
 * @typedef {import('./figures.js').Figure} Figure
 * @typedef {'connecting' | 'open' | 'cut' | 'resting'} State
 *
 * What a transport tells its lane.
 * @typedef {object} Events
 * @property {(connectMs?: number) => void} opened it reads; without a time it took since it was asked to open
 * @property {(figures: readonly Figure[], bytes: number, position?: string) => void} received
 * @property {(bytes: number) => void} overhead bytes without messages
 * @property {(position: string) => void} moved it stands somewhere else without a message
 * @property {() => void} gap the server announced that messages are missing
 * @property {(due?: boolean) => void} ended it is over; `due` says that it was to end, and is asked for again at once
 *
 * @typedef {object} Transport
 * @property {string} name
 * @property {string} form what is asked of the server
 * @property {boolean} keepsPosition
 * @property {(position: string | undefined, events: Events) => () => void} open begins to read after `position`, or from now; answers how to cut it
 */

const shown = 60

export class Lane {
  state = /** @type {State} */ ('cut')
  connectMs = /** @type {number | undefined} */ (undefined)
  messages = 0
  bytes = 0
  /** Milliseconds that the last messages took. */
  delays = /** @type {number[]} */ ([])
  /** Since it was resumed: messages that had waited, and messages that never came. */
  caughtUp = 0
  missed = 0
  repeated = 0
  resumed = false

  #transport
  #changed
  #position = /** @type {string | undefined} */ (undefined)
  #last = 0
  #openedAt = 0
  #close = () => {}
  #retry = 0
  #generation = 0

  /**
   * @param {Transport} transport
   * @param {(figures: readonly Figure[]) => void} changed called after everything that happens, with the messages that came
   */
  constructor(transport, changed) {
    this.#transport = transport
    this.#changed = changed
  }

  get transport() {
    return this.#transport
  }

  /** The mean delay of the last messages, in milliseconds. */
  get delay() {
    return this.delays.length === 0 ? undefined : this.delays.reduce((sum, ms) => sum + ms, 0) / this.delays.length
  }

  start() {
    this.resumed = this.messages > 0
    this.caughtUp = this.missed = this.repeated = 0
    this.#open()
  }

  /** @param {State} [state] */
  stop(state = 'cut') {
    this.#generation++
    clearTimeout(this.#retry)
    this.#close()
    this.state = state
    this.#changed([])
  }

  #open() {
    const generation = ++this.#generation
    const asked = performance.now()
    this.#openedAt = Date.now()
    this.state = 'connecting'
    // What a transport says after it was cut is not heard.
    const heard =
      (/** @type {(...facts: any[]) => void} */ act) =>
      (/** @type {any[]} */ ...facts) => {
        if (generation === this.#generation) act(...facts)
      }
    this.#close = this.#transport.open(this.#position, {
      opened: heard((connectMs) => {
        this.state = 'open'
        this.connectMs = connectMs ?? performance.now() - asked
        this.#changed([])
      }),
      received: heard((figures, bytes, position) => this.#received(figures, bytes, position)),
      overhead: heard((bytes) => {
        this.bytes += bytes
      }),
      moved: heard((position) => {
        this.#position = position
      }),
      gap: heard(() => {
        this.#last = 0
      }),
      ended: heard((due) => this.#ended(due)),
    })
    this.#changed([])
  }

  /** @param {readonly Figure[]} figures @param {number} bytes @param {string} [position] */
  #received(figures, bytes, position) {
    this.bytes += bytes
    if (position !== undefined) this.#position = position
    for (const { number, at } of figures) {
      if (number <= this.#last) this.repeated++
      else if (this.#last > 0) this.missed += number - this.#last - 1
      this.#last = number
      this.messages++
      if (at < this.#openedAt) this.caughtUp++
      else this.delays.push(Math.max(0, Date.now() - at))
    }
    this.delays.splice(0, this.delays.length - shown)
    this.#changed(figures)
  }

  /** @param {boolean} [due] */
  #ended(due) {
    this.#close()
    this.state = 'connecting'
    this.#retry = setTimeout(() => this.#open(), due ? 0 : 500 + Math.random() * 1500)
    this.#changed([])
  }
}
