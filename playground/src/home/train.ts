/** What the proof holds: two readers of one channel, each by a client of its own, and the line of one of them. */
import { connect } from 'anywire/client'
import type { Channels } from '../channels.js'
import { clientForm } from '../laboratory/forms/client.js'
import type { Form } from '../laboratory/forms/form.js'
import { Lane } from '../laboratory/lane.js'
import { client } from '../shell/client.js'
import { Line } from '../shell/line.js'

/** Enough to fill the tapes at once. */
const from = 'last-300'

/** The server's clock, as the message that came quickest tells it. */
class Clock {
  #behindMs = Number.POSITIVE_INFINITY

  now = () => Date.now() - (Number.isFinite(this.#behindMs) ? this.#behindMs : 0)

  see(at: number): void {
    this.#behindMs = Math.min(this.#behindMs, Date.now() - at)
  }
}

/** The way of the right reader. */
export const trainLine = new Line('/network/train')

export interface Outcome {
  readonly caughtUp: number
  readonly lost: number
  readonly twice: number
  /** From the click that restored the line to the last message that was missing. */
  readonly tookMs: number
}

export class Proof {
  readonly clock = new Clock()
  readonly #train = connect<Channels>('/train/channels', { share: 'none' })
  readonly you = new Lane(this.#form(clientForm(client, from)), this.clock)
  readonly rider = new Lane(this.#form(clientForm(this.#train, from)), this.clock)
  #before = { caughtUp: 0, missing: 0, twice: 0 }
  #restoredAt: number | undefined
  #lastAt = 0

  constructor() {
    for (const lane of [this.you, this.rider]) lane.start(['proof/line'])
  }

  end(): void {
    for (const lane of [this.you, this.rider]) lane.stop()
    void this.#train.close()
  }

  /** How far the right reader is behind the left one. */
  get behind(): number {
    return Math.max(0, (this.you.position ?? 0) - (this.rider.position ?? 0))
  }

  cut(): Promise<void> {
    const { caughtUp, missing, twice } = this.rider
    this.#before = { caughtUp, missing, twice }
    this.#restoredAt = undefined
    return trainLine.set('cut')
  }

  restore(): Promise<void> {
    this.#restoredAt = performance.now()
    this.#lastAt = this.#restoredAt
    return trainLine.set('open')
  }

  /** What became of the messages of the last cut; undefined until the first of them has come. */
  get outcome(): Outcome | undefined {
    const { caughtUp, missing, twice } = this.rider
    const before = this.#before
    if (this.#restoredAt === undefined || caughtUp === before.caughtUp) return undefined
    return {
      caughtUp: caughtUp - before.caughtUp,
      lost: missing - before.missing,
      twice: twice - before.twice,
      tookMs: this.#lastAt - this.#restoredAt,
    }
  }

  #form(form: Form): Form {
    return {
      ...form,
      open: (channels, positions, events) =>
        form.open(channels, positions, {
          ...events,
          message: (channel, load, position) => {
            this.clock.see(load.at)
            const { caughtUp } = this.rider
            events.message(channel, load, position)
            if (this.rider.caughtUp > caughtUp) this.#lastAt = performance.now()
          },
        }),
    }
  }
}
