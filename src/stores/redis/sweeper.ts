/** Looks after Redis once a second: channels that expire, names that forks have let go of, and whether all was lost. */
import type { ChannelName } from '../../protocol/name.js'
import type { Reply } from './codec.js'
import type { RedisEngine } from './engine.js'
import { partitions } from './format.js'
import type { Releases } from './releases.js'
import { scripts } from './scripts.js'

const sweepMs = 1_000

export interface SweeperOptions {
  readonly engine: RedisEngine
  readonly releases: Releases
  /** Writes down what time has done to them. */
  readonly tend: (channels: readonly ChannelName[]) => Promise<unknown>
  /** What this partition held is gone. */
  readonly lost: (partition: number) => void
}

export class Sweeper {
  readonly #options: SweeperOptions
  readonly #timer: NodeJS.Timeout
  /** Of each partition, which log of logs it was. */
  readonly #marks: (string | undefined)[] = []
  #sweeping = false

  constructor(options: SweeperOptions) {
    this.#options = options
    this.#timer = setInterval(() => void this.#sweep(), sweepMs).unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** Notes what is there, and looks whether it can be read. @throws AnywireError as `RedisEngine.run` */
  async look(): Promise<void> {
    const { engine } = this.#options
    const all = Array.from({ length: partitions }, (_, partition) => ({ channel: '', partition }))
    await Promise.all(engine.grouped(all).map((some) => this.#lookAt(some.map(({ partition }) => partition))))
  }

  async #sweep(): Promise<void> {
    if (this.#sweeping) return
    this.#sweeping = true
    try {
      await this.look()
    } catch {
      // What is left is swept the next time; that Redis is away others say.
    }
    this.#sweeping = false
  }

  async #lookAt(some: readonly number[]): Promise<void> {
    const { engine, releases, tend, lost } = this.#options
    const keys = some.flatMap((partition) => engine.keys.state(partition))
    const answers = (await engine.run(scripts.due, some[0]!, keys, [String(some.length)])) as readonly Reply[]
    for (const [index, partition] of some.entries()) {
      const [mark, due, free] = answers[index] as readonly [Buffer, readonly Buffer[], readonly Buffer[]]
      const known = this.#marks[partition]
      this.#marks[partition] = String(mark)
      if (known !== undefined && known !== String(mark)) lost(partition)
      if (due.length > 0) await tend(due.map(String))
      await releases.settle(partition, free)
    }
  }
}
