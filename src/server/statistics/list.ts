/** What a list tells of this node, and how often. */
import type { Delivery } from '../../core/reading/delivery.js'
import type { RuleTable } from '../../core/rule-table.js'
import type { Connections } from '../connections.js'
import type { StatisticsMeter } from './statistics-meter.js'

/** What lists are made from. */
export interface Sources {
  readonly connections: Pick<Connections, 'all' | 'size'>
  readonly delivery: Delivery
  readonly counts: () => { readonly channels: number; readonly subscriptions: number; readonly windowBytes: number }
  readonly rules: Pick<RuleTable, 'of'>
  readonly meter: StatisticsMeter
  /** Appends of this node that the store has acknowledged. */
  readonly publishes: () => number
  /** From 0 to 1: the share of the clients that was told to leave. */
  readonly drained: () => number
  readonly leaving: () => boolean
}

export interface List {
  /** It is read again after so long. */
  readonly periodMs: number
  /** What is told, by a key that is unique on this node. A key is not too long, and need not be one that a log can have. */
  read(): Promise<ReadonlyMap<string, object>>
  /** This node has appended to a channel. */
  appended?(channel: string): void
  close?(): void
}

/** Of each order so many entries are told: those with the most readers, and those with the most messages. */
export const topSize = 50

/** Lists that are searched through are read again so often. */
export const listMs = 2_000

/** From less than this no rate is told: chance has too much to do with it. */
const leastMs = 200

/** A number for the second, from two that were read some time apart. One decimal is enough. */
export function perSecond(difference: number, ms: number): number {
  return ms < leastMs ? 0 : Math.round((Math.max(0, difference) / ms) * 10_000) / 10
}
