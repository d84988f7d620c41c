/** The load of a visitor: messages that are numbered and carry their time, so that a reader sees what is missing and how late it is. */
import type { Hub } from 'anywire'
import type { Settings } from './usual.js'

export interface Load {
  /** The numbers of a run begin at 1. */
  readonly run: number
  readonly number: number
  /** Milliseconds since 1970 at which it was published, with a fraction. */
  readonly at: number
  readonly pad: string
}

/** By the clock that cannot be set back. */
export const now = () => performance.timeOrigin + performance.now()

const turnMs = 10
const overheadBytes = 70

export class Generator {
  readonly #hub: Hub
  readonly #visitor: string
  readonly #run = Math.round(now())
  readonly #numbers: number[] = []
  readonly #timer: NodeJS.Timeout
  #owed = 0
  #before = performance.now()
  #turn = 0
  settings: Settings
  /** All channels together. */
  published = 0

  constructor(hub: Hub, visitor: string, settings: Settings) {
    this.#hub = hub
    this.#visitor = visitor
    this.settings = settings
    this.#timer = setInterval(() => this.#publish(), turnMs)
  }

  end(): void {
    clearInterval(this.#timer)
  }

  /** As many as are due, one channel after the other. */
  #publish(): void {
    const { rate, channels, size } = this.settings
    const moment = performance.now()
    this.#owed = Math.min(rate, this.#owed + ((moment - this.#before) * rate) / 1000)
    this.#before = moment
    for (; this.#owed >= 1; this.#owed--) {
      const channel = this.#turn++ % channels
      const number = (this.#numbers[channel] ?? 0) + 1
      this.#numbers[channel] = number
      this.published++
      const load: Load = { run: this.#run, number, at: now(), pad: 'x'.repeat(Math.max(0, size - overheadBytes)) }
      this.#hub.publish(`laboratory/load/${this.#visitor}/${channel + 1}`, load).catch(console.error)
    }
  }
}
