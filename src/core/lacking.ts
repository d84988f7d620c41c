/** Checks when the hub starts that its store can do what the rules ask for. */
import { AnywireError } from '../protocol/error.js'
import type { Rule, Rules } from './rule.js'
import type { Retention, Store, StoreCapabilities } from './store.js'

/** @throws AnywireError `bad-request` with a sentence that names the rule and what the store of its channels lacks. */
export function checkCapabilities(rules: Rules, store: Pick<Store, 'capabilities' | 'capabilitiesOf'>): void {
  for (const [pattern, rule] of Object.entries(rules)) {
    const lacking = lackOf(rule, store.capabilitiesOf?.(exampleOf(pattern)) ?? store.capabilities)
    if (lacking === undefined) continue
    throw new AnywireError(
      'bad-request',
      `The rule ${JSON.stringify(pattern)} asks for ${lacking}, which the store of its channels cannot do.`,
    )
  }
}

function lackOf({ keys, retain = {}, presence }: Rule, capabilities: StoreCapabilities): string | undefined {
  if (presence && !capabilities.keys) return '"presence" (which needs keys)'
  if (keys && !capabilities.keys) return '"keys"'
  for (const name of Object.keys(retain) as (keyof Retention)[]) {
    // What is not limited asks for nothing.
    if (typeof retain[name] === 'number' && !capabilities.retains[name]) return `"retain.${name}"`
  }
  return undefined
}

/** A channel that the pattern fits. */
function exampleOf(pattern: string): string {
  const segments = pattern.split('/')
  return segments.map((segment) => (segment === '*' ? 'x' : segment.replace(/^:.*/, 'x'))).join('/')
}
