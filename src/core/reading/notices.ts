/** Notices: tells the readers of a channel that its store is away, or back, in slices of time. */
import type { Source, Turns } from '../turns.js'
import type { Channel } from './channel.js'
import type { Subscription } from './subscription.js'

/** What is still to be told of a channel. */
interface Notice {
  readonly away: boolean
  readonly readers: Iterator<Subscription, undefined>
  /** By the name of the framing; undefined for one that cannot say it. */
  readonly bytes: Map<string, Buffer | undefined>
}

export class Notices implements Source {
  readonly #turns: Turns
  readonly #left = new Map<Channel, Notice>()

  constructor(turns: Turns) {
    this.#turns = turns
  }

  /** What is being told of the channel already is not told to the end. */
  add(channel: Channel, away: boolean): void {
    this.#left.set(channel, { away, readers: channel.subscriptions.values(), bytes: new Map() })
    this.#turns.add(this)
  }

  work(deadline: number): boolean {
    for (const [channel, notice] of this.#left) {
      for (let next = notice.readers.next(); next.value; next = notice.readers.next()) {
        tell(channel, notice, next.value)
        if (performance.now() > deadline) return false
      }
      this.#left.delete(channel)
    }
    return true
  }
}

function tell(channel: Channel, { away, bytes }: Notice, subscription: Subscription): void {
  const { framing } = subscription
  if (!bytes.has(framing.name)) bytes.set(framing.name, framing.store?.(channel.name, away))
  const said = bytes.get(framing.name)
  if (said) subscription.note(said)
}
