/** Whether a principal may read a channel, for forms. `core/publish/rights.ts` judges all rights. */
import { checkReading } from '../../core/publish/rights.js'
import type { Principal } from '../../core/rule.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Context } from '../context.js'

/**
 * Of a roster, and of statistics, it resolves when that is known to be true here.
 * @throws AnywireError `forbidden`, at once or by rejection. Without a promise unless the rule's function is
 * asynchronous.
 */
export function mayRead(context: Context, channel: ChannelName, principal: Principal): void | Promise<void> {
  const rule = context.rules.of(channel)
  const revoked = context.revocations.refusal(principal, channel)
  if (revoked) throw revoked
  const allowed = checkReading(rule, principal)
  if (!rule.rosterOf && !rule.statistics) return allowed
  return allowed ? allowed.then(() => context.ready(channel)) : context.ready(channel)
}
