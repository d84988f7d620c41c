/** Whether a principal may read a channel. */
import { mayRead as allowed, contextOf, type Principal } from '../../core/rule.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Context } from '../context.js'

/**
 * @throws AnywireError `forbidden`, at once or by rejection. Without a promise unless the rule's function is
 * asynchronous.
 */
export function mayRead(context: Context, channel: ChannelName, principal: Principal): void | Promise<void> {
  const rule = context.rules.of(channel)
  const decision = allowed(rule, contextOf(rule, principal))
  if (decision === true) return
  if (decision !== false) return decision.then((granted) => check(granted, channel))
  check(false, channel)
}

function check(granted: boolean, channel: ChannelName): void {
  if (!granted) throw new AnywireError('forbidden', `You may not read "${channel}".`)
}
