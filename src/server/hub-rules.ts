/** The rules of a hub, from its options. */
import { hubCompression } from '../core/compression.js'
import type { Limits } from '../core/limits.js'
import type { Receive } from '../core/rule.js'
import { compileRules, type RuleTable } from '../core/rule-table.js'
import type { HubOptions } from './options.js'

/** `enter`: what is published to rosters. */
export function rulesOf(
  options: HubOptions,
  create: 'on-use' | 'explicit',
  { functionMs }: Limits,
  enter: Receive,
): RuleTable {
  return compileRules(options.rules ?? {}, {
    create,
    manage: options.authenticate ? false : 'as-publish',
    compress: hubCompression(options.compress),
    enter,
    statistics: options.statistics,
    functionMs,
  })
}
