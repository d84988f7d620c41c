/** `anywire revoke`: takes credentials back, on every node of a running hub. */
import { Argument, Command, InvalidArgumentError } from 'commander'
import { type Revocable, type Revocation, revocables } from '../core/access/revoked.js'
import { request } from './greeting.js'
import { authorization, channelUrl, type HubAddress, tokenOption, urlOption } from './options.js'
import { printable } from './printable.js'

interface RevokeOptions extends HubAddress {
  readonly issuedBefore?: number
}

export const revokeCommand = new Command('revoke')
  .description('Take credentials back: they are refused from now on, and what they opened ends.')
  .addArgument(new Argument('<what>', 'what is revoked').choices(revocables))
  .argument('<name>', 'its name; of a token its "jti", or the token itself')
  .option('--issued-before <time>', 'spare what was issued from then on, e.g. 2026-11-30T12:00:00Z', readTime)
  .addOption(urlOption())
  .addOption(tokenOption())
  .addHelpText('after', '\nNeeds a credential with "manage" on "$revoked", or a rule of that name that lets it.')
  .action(revoke)

async function revoke(what: Revocable, name: string, options: RevokeOptions): Promise<void> {
  const { url, token, issuedBefore } = options
  const answer = await request(channelUrl(url, '$/revoke'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization(token) },
    body: JSON.stringify({ [what]: name, ...(issuedBefore !== undefined && { issuedBefore }) }),
  })
  const { until } = (await answer.json()) as Revocation
  const shown = what === 'token' ? '' : ` ${JSON.stringify(name)}`
  console.log(printable(`Revoked: the ${what}${shown}, until ${new Date(until).toISOString()}.`))
}

function readTime(text: string): number {
  const time = Date.parse(text)
  if (Number.isFinite(time)) return time
  throw new InvalidArgumentError('It is no time such as 2026-11-30T12:00:00Z.')
}
