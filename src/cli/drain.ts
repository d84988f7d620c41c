/** `anywire drain --dry-run`: how long a server would take to leave. */
import { Command } from 'commander'
import { closeOptionsOf } from '../config/together.js'
import { AnywireError } from '../protocol/index.js'
import { drainMsOf, paceOf } from '../server/paced-drain.js'
import { addServeFlags, checkResolved, configOf } from './serve-flags.js'

export const drainCommand = addServeFlags(
  new Command('drain').description(
    'Say how long "anywire serve" would take to leave with the clients that it has now.',
  ),
)
  .requiredOption('--dry-run', 'only say it: SIGTERM is what makes a server leave')
  .action(async () => {
    const resolved = await configOf(drainCommand)
    checkResolved(resolved)
    const { admin } = resolved.config
    if (admin === undefined) throw new AnywireError('bad-request', 'Name the internal port of the server with --admin.')
    const clients = await clientsAt(admin)
    const { lameMs, perSecond, graceMs } = closeOptionsOf(resolved.config)
    const pace = [clients, perSecond ?? undefined, graceMs ?? 0] as const
    const seconds = (lameMs + drainMsOf(...pace)) / 1_000
    const sent = clients === 0 ? '' : `, then ${Math.round(paceOf(...pace))} clients are sent away in a second`
    console.log(`${clients} clients: ${seconds} s at most. ${lameMs / 1_000} s pass for balancers${sent}.`)
  })

/** Connections and waiting polls, as `/metrics` tells them. */
async function clientsAt(address: string): Promise<number> {
  const url = `http://${address}/metrics`
  const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch((cause: unknown) => {
    throw new AnywireError('unavailable', `No answer from ${url}: is it the internal port of a server?`, { cause })
  })
  const text = await answer.text()
  if (!text.includes('anywire_build_info')) throw new AnywireError('unavailable', `${url} shows no metrics of Anywire.`)
  const lines = text.matchAll(/^anywire_connections\{transport="([^"]*)"\} (\d+)$/gm)
  return Array.from(lines).reduce((sum, [, transport, count]) => sum + (transport === 'local' ? 0 : Number(count)), 0)
}
