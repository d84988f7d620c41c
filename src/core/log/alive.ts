/** Keeps a channel with a TTL alive while it has readers: a live reader renews the TTL, as a read does. */
import type { ChannelName } from '../../protocol/name.js'
import type { Channel } from '../reading/channel.js'
import { timed, type Wheel } from '../wheel.js'

/** A TTL is renewed when a third of it has passed, and not more often than this. */
const leastMs = 200

export class Alive {
  readonly #channel: Channel
  readonly #wheel: Wheel
  readonly #touch: (channel: ChannelName) => void
  readonly #timer = timed(() => this.#renew())

  constructor(channel: Channel, wheel: Wheel, touch: (channel: ChannelName) => void) {
    this.#channel = channel
    this.#wheel = wheel
    this.#touch = touch
  }

  /** If the channel has a TTL, as the store has said by now. */
  begin(): void {
    if (this.#timer.tick === 0) this.#renewLater()
  }

  end(): void {
    this.#wheel.cancel(this.#timer)
  }

  #renew(): void {
    const { log, name, size } = this.#channel
    if (log.ttlSeconds === undefined) return
    if (size > 0) this.#touch(name)
    this.#renewLater()
  }

  #renewLater(): void {
    const { ttlSeconds } = this.#channel.log
    if (ttlSeconds !== undefined) this.#wheel.schedule(this.#timer, Math.max(leastMs, (ttlSeconds * 1_000) / 3))
  }
}
