/** The contract of stores: every store calls `storeContract` in its tests. */
import { describe, expect, it } from 'vitest'
import type { Retention, StoreCapabilities } from '../core/store.js'
import { appendFacts } from './store-facts-append.js'
import { configureFacts } from './store-facts-configure.js'
import { forkFacts } from './store-facts-fork.js'
import { keyFacts } from './store-facts-keys.js'
import { lifeFacts } from './store-facts-life.js'
import { positionFacts } from './store-facts-position.js'
import { restartFacts, sharedFacts } from './store-facts-shared.js'
import { realTimeFacts, timeFacts } from './store-facts-time.js'
import { wakeFacts } from './store-facts-wake.js'
import { type CreateStore, type Open, subject } from './store-subject.js'

export type { CreateStore, StoreUnderTestOptions } from './store-subject.js'

/**
 * What a store under test can and cannot do: its capabilities, where they are less than those of the memory store, and
 * how it can be tested.
 */
export interface StoreAbilities extends Partial<Omit<StoreCapabilities, 'retains'>> {
  /** Those that hold for each channel by itself. @default all */
  readonly retains?: Partial<Record<keyof Retention, boolean>>
  /** It has `Store.forks`. @default true */
  readonly forks?: boolean
  /**
   * Takes `now`, so that facts about time can set the clock. Otherwise a few of them wait for a second.
   * @default true
   */
  readonly clock?: boolean
  /**
   * Counts messages densely: a `trimmed` gap says how many are missed, `align` and limits cut exactly.
   * @default true
   */
  readonly dense?: boolean
}

/**
 * States each duty of the `Store` seam as a test. `createStore` is called for every fact; stores may share what lies
 * behind them, as no two facts use the same channel name. Stores whose messages survive the process, or which are
 * `shared`, must share it.
 */
export function storeContract(name: string, createStore: CreateStore, abilities: StoreAbilities = {}): void {
  const { clock = true, dense = true, forks = true, ...own } = abilities
  const retains = { messages: true, bytes: true, ageMs: true, ...own.retains }
  const capabilities: StoreCapabilities = { ...everyCapability, ...own, retains }
  describe(`store contract: ${name}`, () => {
    const open = subject(createStore)
    it('says of itself what it can do', async () => {
      const { store } = await open()
      expect(store.capabilities).toEqual(capabilities)
      expect(store.forks !== undefined).toBe(forks)
    })
    describe('append', () => appendFacts(open))
    describe('position', () => positionFacts(open, { dense, retains }))
    describe('life of a channel', () => lifeFacts(open, capabilities))
    describe('wake-ups', () => wakeFacts(open))
    if (capabilities.keys) describe('keys', () => keyFacts(open))
    if (capabilities.configure) describe('configure', () => configureFacts(open, capabilities))
    if (clock) describe('time', () => timeFacts(open, capabilities))
    else describe('time', () => realTimeFacts(open, capabilities))
    if (forks) describe('fork', () => forkFacts(open, capabilities))
    livesOn(open, capabilities)
  })
}

const everyCapability: Omit<StoreCapabilities, 'retains'> = {
  acknowledged: 'memory',
  shared: false,
  keys: true,
  expiry: true,
  configure: true,
}

function livesOn(open: Open, { acknowledged, shared }: StoreCapabilities): void {
  if (acknowledged !== 'memory') describe('opened again', () => restartFacts(open))
  if (shared) describe('opened twice', () => sharedFacts(open))
}
