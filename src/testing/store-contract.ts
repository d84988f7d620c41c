/** The contract of stores: every store calls `storeContract` in its tests. */
import { describe } from 'vitest'
import { appendFacts } from './store-facts-append.js'
import { forkFacts } from './store-facts-fork.js'
import { keyFacts } from './store-facts-keys.js'
import { lifeFacts } from './store-facts-life.js'
import { positionFacts } from './store-facts-position.js'
import { timeFacts } from './store-facts-time.js'
import { type CreateStore, subject } from './store-subject.js'

export type { CreateStore, StoreUnderTestOptions } from './store-subject.js'

/** What a store under test cannot do; each is true unless said. */
export interface StoreAbilities {
  /** Takes `now`, so that facts about time can set the clock. */
  readonly clock?: boolean
  /** Counts messages densely: a `trimmed` gap says how many are missed, `align` and limits cut exactly. */
  readonly dense?: boolean
  readonly forks?: boolean
}

/**
 * States each duty of the `Store` seam as a test. `createStore` is called for every fact; stores may share what lies behind them, as no two facts
 * use the same channel name.
 */
export function storeContract(name: string, createStore: CreateStore, abilities: StoreAbilities = {}): void {
  const { clock = true, dense = true, forks = true } = abilities
  describe(`store contract: ${name}`, () => {
    const open = subject(createStore)
    describe('append', () => appendFacts(open))
    describe('position', () => positionFacts(open, dense))
    describe('keys', () => keyFacts(open))
    describe('life of a channel', () => lifeFacts(open))
    if (clock) describe('time', () => timeFacts(open))
    if (forks) describe('fork', () => forkFacts(open))
  })
}
