/** `POST $/revoke`: revokes credentials, for those who have `manage` on the log of revocations. PROTOCOL.md 3.10. */

import { revokedChannel } from '../../core/own-channels.js'
import { checkRevoking } from '../../core/publish/rights.js'
import { AnywireError } from '../../protocol/error.js'
import { parseJson } from '../../protocol/json.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Exchange } from '../http/exchange.js'
import type { RevokeTarget } from '../revocation/target.js'

/** What a channel of this name would be. There is none. */
const path: ChannelName = '$/revoke'
/** A token has at most 16,384 characters. */
const mostBytes = 32_768

export function isRevoking(name: ChannelName): boolean {
  return name === path
}

/** @throws AnywireError */
export async function revoke(exchange: Exchange): Promise<void> {
  const { context, request, admission } = exchange
  if (request.method !== 'POST') {
    throw new AnywireError('bad-method', `What is to be revoked is told by POST, not ${request.method}.`)
  }
  const allowed = checkRevoking(context.rules.of(revokedChannel), admission.principal)
  if (allowed) await allowed
  // Its fields are checked where it is used.
  const { jsonDepth: depth } = context.limits
  const target = parseJson(await exchange.readBody(mostBytes), 'The body', { depth }) as RevokeTarget
  exchange.checkSender()
  const revocation = await context.revocations.revoke(target)
  exchange.send(200, 'application/json', ['Cache-Control', 'no-store'], JSON.stringify(revocation))
}
