/** What `hub.reconfigure` may change while a hub runs, and what it may not: all of it is checked before any is changed. */
import { fixedLimits, type Limits, resolveLimits } from '../core/limits.js'
import type { Rules } from '../core/rule.js'
import { AnywireError } from '../protocol/error.js'
import { checkHubOptions } from './option-check.js'
import type { HubOptions } from './options.js'

/** Options that may change. What is not given stays; what is given stands in place of all of it. */
export type Reconfiguration = Pick<HubOptions, 'rules' | 'limits' | 'authenticate' | 'signedUrls' | 'origins' | 'hosts'>

/** Each option that may change. */
export const changeableOptions: readonly (keyof Reconfiguration)[] = [
  'rules',
  'limits',
  'authenticate',
  'signedUrls',
  'origins',
  'hosts',
]

const isChangeable = (name: string) => changeableOptions.some((one) => one === name)

/** The options that are in effect afterwards. @throws AnywireError `bad-request` for what cannot be, or not now */
export function changedOptions(now: HubOptions, changes: Reconfiguration): HubOptions {
  const given = Object.fromEntries(Object.entries(checkHubOptions(changes)).filter(([, value]) => value !== undefined))
  const fixed = Object.keys(given).filter((name) => !isChangeable(name))
  if (fixed.length > 0) throw fixedFor(fixed)
  if (changes.authenticate && !now.authenticate) {
    throw new AnywireError('bad-request', 'A hub that begins without "authenticate" stays without: start it anew.')
  }
  checkPresence(now.rules ?? {}, changes.rules ?? now.rules ?? {})
  return { ...now, ...given }
}

/** The limits that are in effect afterwards. @throws AnywireError `bad-request` */
export function changedLimits(now: Limits, given: HubOptions['limits']): Limits {
  const limits = resolveLimits(given)
  const fixed = [...fixedLimits].filter((name) => limits[name] !== now[name])
  if (fixed.length > 0) throw fixedFor(fixed.map((name) => `limits.${name}`))
  return limits
}

/** The sentence for names that hold from the start of a hub to its end. */
export function fixedFor(names: readonly string[]): AnywireError {
  const listed = names.map((name) => JSON.stringify(name)).join(', ')
  return new AnywireError('bad-request', `What ${listed} says holds from start to end: start the server anew for it.`)
}

/** Those who are present were counted by the old rule. @throws AnywireError `bad-request` */
function checkPresence(now: Rules, then: Rules): void {
  const fixed = Object.keys(now).filter((pattern) => {
    const [before, after] = [now[pattern]?.presence, then[pattern]?.presence]
    return before !== undefined && JSON.stringify(before) !== JSON.stringify(after)
  })
  if (fixed.length > 0) throw fixedFor(fixed.map((pattern) => `rules.${pattern}.presence`))
}
