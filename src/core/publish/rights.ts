/** Whether a principal may do what a request asks of a channel. */
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import { contextOf, mayManage, mayPublish, mayRead, type Principal, type ResolvedRule } from '../rule.js'

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
  // Closing needs no second check where the right to publish includes it.
  const ending = ends && !(adds && rule.manage === 'as-publish')
  const end = () => (ending ? check(mayManage(rule, context), () => noEnd(channel)) : undefined)
  if (!adds) return end()
  const added = check(mayPublish(rule, context), () => noPublish(channel))
  return added ? added.then(end) : end()
}

/** @throws AnywireError `forbidden`, as `checkRights`. */
export function checkReading(rule: ResolvedRule, principal: Principal): void | Promise<void> {
  return check(mayRead(rule, contextOf(rule, principal)), () => noRead(rule.channel))
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
