/** Whether a principal may read, publish, create, close or delete: its grants are asked first, then the rule. */
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Action } from '../access/grants.js'
import { refuseDeed, refuseKey } from '../access/refusals.js'
import {
  contextOf,
  grantsIn,
  isGranted,
  mayManage,
  mayPublish,
  mayRead,
  mayRevoke,
  needOf,
  type Principal,
  type ResolvedRule,
} from '../rule.js'

export interface Deed {
  /** Something is added, or the channel is created. */
  readonly adds: boolean
  /** The channel is closed or deleted. */
  readonly ends: boolean
}

/**
 * @throws AnywireError `forbidden`, at once or by rejection. Without a promise unless a function of the rule is
 * asynchronous.
 */
export function checkRights(rule: ResolvedRule, principal: Principal, { adds, ends }: Deed): void | Promise<void> {
  const { channel } = rule
  const context = contextOf(rule, principal)
  if (adds) checkGrant(rule, principal, 'publish')
  if (ends) checkGrant(rule, principal, 'manage')
  // Closing asks the rule no second time where its right to publish includes it.
  const ending = ends && !(adds && rule.manage === 'as-publish')
  const end = () => (ending ? check(mayManage(rule, context), () => noEnd(channel)) : undefined)
  if (!adds) return end()
  const added = check(mayPublish(rule, context), () => noPublish(channel))
  return added ? added.then(end) : end()
}

/** @throws AnywireError `forbidden`, as `checkRights`. */
export function checkReading(rule: ResolvedRule, principal: Principal): void | Promise<void> {
  checkGrant(rule, principal, 'subscribe')
  return check(mayRead(rule, contextOf(rule, principal)), () => noRead(rule.channel))
}

/** Whether the principal may revoke credentials. @throws AnywireError `forbidden`, as `checkRights`. */
export function checkRevoking(rule: ResolvedRule, principal: Principal): void | Promise<void> {
  checkGrant(rule, principal, 'manage')
  return check(mayRevoke(rule, contextOf(rule, principal)), () => {
    const sentence = `You may not revoke credentials: the field "manage" of the rule ${JSON.stringify(rule.channel)} says who may.`
    return new AnywireError('forbidden', sentence)
  })
}

/**
 * Whether the author may publish under the keys of these messages. `keyOf` tells the key of one.
 * @throws AnywireError `forbidden`
 */
export function checkKeys<T>(
  rule: ResolvedRule,
  principal: Principal,
  messages: readonly T[],
  keyOf: (message: T) => string | undefined,
): void {
  const grants = grantsIn(rule, principal)
  // What comes to a roster is kept under the author's own key.
  if (!grants || rule.rosterOf) return
  for (const message of messages) {
    const key = keyOf(message)
    if (grants.allowsKey(rule.channel, key) !== true) throw refuseKey(rule.channel, key)
  }
}

/** Says what is missing, before a rule is asked. */
function checkGrant(rule: ResolvedRule, principal: Principal, action: Action): void {
  if (isGranted(rule, principal, action)) return
  const need = needOf(rule, action)
  throw refuseDeed(need.action, need.rule.channel)
}

function check(allowed: boolean | Promise<boolean>, refusal: () => AnywireError): void | Promise<void> {
  if (allowed === true) return
  if (allowed === false) throw refusal()
  return allowed.then((granted) => {
    if (!granted) throw refusal()
  })
}

function noPublish(channel: ChannelName): AnywireError {
  return new AnywireError('forbidden', `You may not publish to ${JSON.stringify(channel)}.`)
}

function noEnd(channel: ChannelName): AnywireError {
  const name = JSON.stringify(channel)
  return new AnywireError(
    'forbidden',
    `You may not close or delete ${name}: the field "manage" of its rule says who may.`,
  )
}

function noRead(channel: ChannelName): AnywireError {
  return new AnywireError('forbidden', `You may not read ${JSON.stringify(channel)}.`)
}
