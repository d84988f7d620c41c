/** Lanes: publishes of one owner (a connection, a producer) to one channel run one after another. */
import type { ChannelName } from '../../protocol/name.js'

/** Whose lane it is: a connection itself, or a string that names a producer. */
export type Owner = object | string

export class Lanes {
  readonly #tails = new Map<Owner, Map<ChannelName, Promise<unknown>>>()

  /** Owners that have something under way. */
  get size(): number {
    return this.#tails.size
  }

  /** Whether one of the owners has something under way in the channel. */
  busy(channel: ChannelName, owners: readonly Owner[]): boolean {
    if (this.#tails.size === 0) return false
    return owners.some((owner) => this.#tails.get(owner)?.has(channel))
  }

  /** Runs the job when everything before it in the lanes of all these owners is done, however it ended. */
  run<T>(channel: ChannelName, owners: readonly Owner[], job: () => Promise<T>): Promise<T> {
    if (owners.length === 0) return job()
    const before = owners.flatMap((owner) => this.#tails.get(owner)?.get(channel) ?? [])
    const result = before.length === 0 ? job() : Promise.all(before).then(job)
    const tail: Promise<void> = result.then(
      () => this.#leave(channel, owners, tail),
      () => this.#leave(channel, owners, tail),
    )
    for (const owner of owners) {
      const lanes = this.#tails.get(owner)
      if (lanes) lanes.set(channel, tail)
      else this.#tails.set(owner, new Map([[channel, tail]]))
    }
    return result
  }

  #leave(channel: ChannelName, owners: readonly Owner[], tail: Promise<unknown>): void {
    for (const owner of owners) {
      const lanes = this.#tails.get(owner)
      if (lanes?.get(channel) !== tail) continue
      lanes.delete(channel)
      if (lanes.size === 0) this.#tails.delete(owner)
    }
  }
}
