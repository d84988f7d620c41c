/** The producers of a channel: which there are, in the order of their last use. */
import type { Producer } from '../../core/store.js'

/** What a producer stored last, and at which use of the channel's producers. */
export type ProducerUse = readonly [id: string, epoch: number, seq: number, use: number]

/** So many stand in each frame; with more of them all are written down beside the frames, and counted from there. */
export const maxRecent = 32

const nobody: readonly ProducerUse[] = []

export class Producers {
  readonly #all = new Map<string, ProducerUse>()

  /** `written`: those written down; `recent`: those used since; `count`: how many of them are remembered. */
  constructor(written: readonly ProducerUse[], recent: readonly ProducerUse[], count: number) {
    const uses = new Map([...written, ...recent].map((use) => [use[0], use]))
    const inOrder = [...uses.values()].sort((one, other) => one[3] - other[3])
    for (const use of inOrder.slice(Math.max(0, inOrder.length - count))) this.#all.set(use[0], use)
  }

  get size(): number {
    return this.#all.size
  }

  lastOf(id: string): Producer | undefined {
    const use = this.#all.get(id)
    return use && { id, epoch: use[1], seq: use[2] }
  }

  /** Above `limit` the one unused longest is forgotten. */
  remember({ id, epoch, seq }: Producer, use: number, limit: number): void {
    this.#all.delete(id)
    this.#all.set(id, [id, epoch, seq, use])
    for (const oldest of this.#all.keys()) {
      if (this.#all.size <= limit) break
      this.#all.delete(oldest)
    }
  }

  /** Those used after a use. */
  since(use: number): readonly ProducerUse[] {
    if (this.#all.size === 0) return nobody
    return use === 0 ? this.all() : this.all().filter((one) => one[3] > use)
  }

  all(): ProducerUse[] {
    return [...this.#all.values()]
  }
}

/** What is written down beside the frames: all producers, as they were after so many uses. */
export interface WrittenProducers {
  readonly format: number
  /** The channel that they are of. */
  readonly birth: string
  readonly uses: number
  readonly all: readonly ProducerUse[]
}
