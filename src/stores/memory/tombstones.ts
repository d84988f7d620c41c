/** What is remembered of names that hold no log: never written, deleted or evicted. Bounded. */
import type { ChannelName } from '../../protocol/name.js'
import { mintOffset, type Offset } from '../../protocol/offset.js'
import { textWeight } from './weight.js'

/** Where a log begins that has no messages yet: in the past of a name, or at the birth of the store. */
export interface Tombstone {
  readonly birth: Offset
  /** The birth, or the head at which an evicted log ended: a reader there has lost nothing and goes on. */
  readonly floor: Offset
  /** The last microsecond minted: what follows is later. */
  readonly micros: number
  /** An evicted log was closed: it takes no more messages. */
  readonly closed: boolean
}

const droppedAtOnce = 1_000
/** What a tombstone takes besides its name: an estimate. */
const overhead = 256

export interface TombstoneLimits {
  readonly count: number
  readonly bytes: number
}

export class Tombstones {
  readonly #stones = new Map<ChannelName, Tombstone>()
  readonly #limits: TombstoneLimits
  #weight = 0
  readonly #step: () => number
  #unwritten: Tombstone

  /** `micros` is the birth of the store; `step` how far a birth is set beyond what may have been minted. */
  constructor(micros: number, step: () => number, limits: TombstoneLimits) {
    this.#unwritten = birthAt(micros)
    this.#step = step
    this.#limits = limits
  }

  of(channel: ChannelName): Tombstone {
    return this.#stones.get(channel) ?? this.#unwritten
  }

  /** What all of them take, in bytes. */
  get weight(): number {
    return this.#weight
  }

  set(channel: ChannelName, tombstone: Tombstone): void {
    this.clear(channel)
    this.#stones.set(channel, tombstone)
    this.#weight += weightOf(channel)
    const { count, bytes } = this.#limits
    while (this.#stones.size > 1 && (this.#stones.size > count || this.#weight > bytes)) this.#dropOldest()
  }

  /** The name has a log again. */
  clear(channel: ChannelName): void {
    if (this.#stones.delete(channel)) this.#weight -= weightOf(channel)
  }

  // A forgotten name counts as never written. The birth of such names is set after everything that the forgotten ones
  // minted, so that an old position is answered with `reset` and not with silence. Many at once, as a Map finds its
  // first entry slowly when many before it have been deleted.
  #dropOldest(): void {
    let micros = this.#unwritten.micros
    let left = Math.min(droppedAtOnce, Math.ceil(this.#stones.size / 10))
    for (const [channel, stone] of this.#stones) {
      if (left-- === 0) break
      this.clear(channel)
      micros = Math.max(micros, stone.micros + this.#step())
    }
    this.#unwritten = birthAt(micros)
  }
}

function weightOf(channel: ChannelName): number {
  return overhead + textWeight(channel)
}

/** A log that begins at `micros`. Microsecond 0 is never minted: it spells "the start". */
export function birthAt(micros: number): Tombstone {
  const when = Math.max(1, micros)
  const birth = mintOffset(when, 0)
  return { birth, floor: birth, micros: when, closed: false }
}
