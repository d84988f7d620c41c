/** What forks let go of: the name of a source may lie in another slot, so it is told after the fork is gone. */
import type { ChannelName } from '../../protocol/name.js'
import type { Reply } from './codec.js'
import type { RedisEngine } from './engine.js'
import { scripts } from './scripts.js'

export class Releases {
  readonly #engine: RedisEngine

  constructor(engine: RedisEngine) {
    this.#engine = engine
  }

  /**
   * Tells the sources, and theirs if they were only kept for these. `pairs`: hold and source, as a script gives them.
   * What cannot be told now stays written down, and is told by whoever sweeps.
   */
  async settle(partition: number, pairs: readonly Reply[]): Promise<void> {
    for (let index = 0; index < pairs.length; index += 2) {
      const hold = String(pairs[index])
      await this.hold(String(pairs[index + 1]), hold, false)
      const keys = this.#engine.keys.state(partition)
      await this.#engine.run(scripts.forget, partition, keys, [hold])
    }
  }

  /** A fork of the source is there, or gone. */
  async hold(source: ChannelName, hold: string, lasts: boolean): Promise<void> {
    const freed = (await this.#engine.on(scripts.settle, source, hold, lasts ? '1' : '0')) as readonly Reply[]
    await this.settle(this.#engine.keys.partitionOf(source), freed)
  }
}
