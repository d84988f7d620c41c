/** What time does to a store on disk: channels expire, what was deleted or trimmed is swept away bit by bit. */
import type { ChannelName } from '../../protocol/name.js'
import type { DiskEngine } from './engine.js'
import type { Names } from './names.js'
import type { DraftRecord } from './record.js'

const sweepMs = 1_000
/** Channels looked at, and entries removed, in one commit. */
const atOnce = 500
/** A log that was being copied, and to which nothing was written for so long, is given up: its process is gone. */
const draftMs = 60_000

/** What is swept. */
export interface Swept {
  readonly engine: DiskEngine
  readonly names: Names
  commit<T>(work: () => T): Promise<T>
}

export class Sweeper {
  readonly #swept: Swept
  readonly #timer: NodeJS.Timeout
  #sweeping = false
  #closed = false

  constructor(swept: Swept) {
    this.#swept = swept
    this.#timer = setInterval(() => void this.#sweep(), sweepMs).unref()
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#timer)
  }

  async #sweep(): Promise<void> {
    if (this.#sweeping) return
    this.#sweeping = true
    try {
      await this.#abandon()
      while (!this.#closed && ((await this.#age()) || (await this.#collect()))) await new Promise(setImmediate)
    } catch {
      // The disk may be full: what is left is swept the next time.
    }
    this.#sweeping = false
  }

  /** Channels whose time may have come. Answers whether there may be more. */
  #age(): Promise<boolean> | boolean {
    const { engine, names } = this.#swept
    const due = (limit: number) => [...engine.names.getRange({ start: ['x', 0], end: ['x', names.now() + 1], limit })]
    if (due(1).length === 0) return false
    return this.#swept.commit(() => {
      const now = names.now()
      const entries = due(atOnce)
      for (const { key, value } of entries) {
        void engine.names.remove(key)
        const channel = value as ChannelName
        if (names.look(channel)?.id !== key[2]) continue
        const log = names.find(channel, now)
        if (log) {
          log.retain(now)
          names.watch(log, now)
        }
      }
      return entries.length === atOnce
    })
  }

  /** Forks that their process has not finished. */
  async #abandon(): Promise<void> {
    const { engine, names } = this.#swept
    const drafts = [...engine.names.getRange({ start: ['b', 0], end: ['b', Number.MAX_SAFE_INTEGER], limit: atOnce })]
    const over = drafts.filter(({ value }) => (value as DraftRecord).at < names.now() - draftMs)
    if (over.length === 0) return
    await this.#swept.commit(() => {
      for (const { key } of over) names.abandon(key[1] as number)
    })
  }

  /** What stood in logs that are gone. Answers whether there may be more. */
  #collect(): Promise<boolean> | boolean {
    const { engine } = this.#swept
    const range = { start: ['g', 0], end: ['g', Number.MAX_SAFE_INTEGER], limit: 1 }
    if ([...engine.names.getKeys(range)].length === 0) return false
    return this.#swept.commit(() => {
      const [key] = [...engine.names.getKeys(range)]
      if (!key) return false
      if (removed(engine.messages, key[1] as number) + removed(engine.index, key[1] as number) === 0)
        for (const done of [key, ['k', key[1] as number]]) void engine.names.remove(done)
      return true
    })
  }
}

/** Takes away some of what stands under the number of a log. Answers how much. */
function removed(of: DiskEngine['messages'] | DiskEngine['index'], id: number): number {
  const keys = [...of.getKeys({ start: [id], end: [id + 1], limit: atOnce })]
  for (const key of keys) void of.remove(key)
  return keys.length
}
