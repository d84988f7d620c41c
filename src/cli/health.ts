/** `anywire health`: whether the server with these options is alive, for the health checks of containers. */
import { Command } from 'commander'
import { AnywireError } from '../protocol/index.js'
import { printable } from './printable.js'
import { addServeFlags, checkResolved, configOf } from './serve-flags.js'

const deadlineMs = 5_000

export const healthCommand = addServeFlags(
  new Command('health').description('Ask a server by its internal port whether it is alive; exits with 1 if not.'),
)
  .option('--ready', 'ask whether clients should be sent there')
  .action(async () => {
    const resolved = await configOf(healthCommand)
    checkResolved(resolved)
    const { admin } = resolved.config
    if (admin === undefined) throw new AnywireError('bad-request', 'Name the internal port of the server with --admin.')
    const { ready }: { ready?: true } = healthCommand.opts()
    const url = `http://${admin}/${ready ? 'readyz' : 'healthz'}`
    const answer = await fetch(url, { signal: AbortSignal.timeout(deadlineMs) }).catch((cause: unknown) => {
      throw new AnywireError('unavailable', `No answer from ${url}.`, { cause })
    })
    const state = (await answer.text()).trim().slice(0, 80)
    if (!answer.ok) throw new AnywireError('unavailable', `${url} says ${answer.status}: ${state}`)
    console.log(printable(state))
  })
