/** Logs that earlier commits have read or written, so that the next one need not read them again. Bounded. */
import type { ChannelName } from '../../protocol/name.js'
import type { DiskLog } from './log.js'

/** Logs of one generation: some 600 bytes each. Two generations are kept. */
const perGeneration = 10_000

export class KnownLogs {
  #young = new Map<ChannelName, DiskLog>()
  #old = new Map<ChannelName, DiskLog>()
  readonly #most: number

  constructor(most = perGeneration) {
    this.#most = most
  }

  get(channel: ChannelName): DiskLog | undefined {
    return this.#young.get(channel) ?? this.#old.get(channel)
  }

  set(channel: ChannelName, log: DiskLog): void {
    if (this.#young.size >= this.#most && !this.#young.has(channel)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(channel, log)
  }

  delete(channel: ChannelName): void {
    this.#young.delete(channel)
    this.#old.delete(channel)
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }
}
