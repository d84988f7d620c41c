/** Renewing the TTL of channels that are used: in one call of the store for all of one turn. */
import type { ChannelName } from '../../protocol/name.js'
import type { Store } from '../store.js'

export class Touches {
  readonly #store: Pick<Store, 'touch'>
  #used = new Set<ChannelName>()

  constructor(store: Pick<Store, 'touch'>) {
    this.#store = store
  }

  /** The channel, which has a TTL, is used. */
  add(channel: ChannelName): void {
    if (this.#used.add(channel).size === 1) setImmediate(() => this.#touch())
  }

  #touch(): void {
    const used = [...this.#used]
    this.#used = new Set()
    this.#store.touch(used)
  }
}
