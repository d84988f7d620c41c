/** `anywire serve`: a hub as a process of its own. */
import { setTimeout as wait } from 'node:timers/promises'
import { Command } from 'commander'
import { bothMeters } from '../admin/both-meters.js'
import { createMetrics, type Metrics } from '../admin/index.js'
import type { Sum } from '../admin/sum.js'
import type { Resolved } from '../config/resolve.js'
import type { ServeConfig } from '../config/schema.js'
import { closeOptionsOf, conflictsOf, hubOptionsOf, openStore } from '../config/together.js'
import { createHub, type HubOptions, type Store } from '../index.js'
import { AnywireError } from '../protocol/index.js'
import { type AdminPort, dashboardLine, internalLine, openAdminPort } from './admin-port.js'
import { announce, isWorker, runWorkers, sharedPort } from './cluster.js'
import { type AnswerFront, createFront } from './front/front.js'
import { addHsts } from './hsts.js'
import { createListener } from './listener.js'
import { addressOf, listen } from './listening.js'
import { createLog, type Log } from './log.js'
import { whenParentGone } from './parent.js'
import { Reloader } from './reload.js'
import { addServeFlags, checkResolved, configOf } from './serve-flags.js'
import { tellSystemd } from './systemd.js'
import { answerQuestions } from './worker-questions.js'

export const serveCommand = addServeFlags(
  new Command('serve').description('Serve channels until SIGTERM or SIGINT.'),
).action(async () => {
  const resolved = await configOf(serveCommand)
  const { config } = resolved
  checkResolved({ ...resolved, problems: [...resolved.problems, ...conflictsOf(config)] })
  const { workers: count, port = 0, host = '' } = config
  if (count === undefined || isWorker()) return serve(resolved)
  const openAdmin = config.admin === undefined ? undefined : (group: Sum) => openAdminPort(config, group, group.metrics)
  return runWorkers({ count, port, host, say: sayBy(logOf(config)), openAdmin })
})

async function serve(resolved: Resolved): Promise<void> {
  const { config } = resolved
  const { port = 0, host = '', hsts } = config
  const hangup = { told: () => {} }
  // The end of a terminal is that of the server. Before it serves, it has just read what there is.
  if (!process.stdin.isTTY) process.on('SIGHUP', () => hangup.told())
  const log = logOf(config)
  const given = loggedBy(log, hubOptionsOf(config))
  const metrics = config.admin === undefined ? undefined : await createMetrics()
  let front: AnswerFront = (_request, response) => response.destroy()
  const listener = await createListener(config, (request, response) => front(request, response), sayBy(log))
  const { server, servers, scheme } = listener
  const store = await openStore(config)
  if (isWorker()) checkShared(store)
  const stop = listenForStop()
  if (!isWorker()) whenParentGone(stop.drain)
  const hub = createHub({ ...given, store, onDrain: stop.drain, meter: meterOf(metrics, given.meter) })
  for (const one of servers) hub.attach(one)
  if (hsts) addHsts(server, hsts === true ? yearSeconds : hsts)
  const warn = log ? sayBy(log) : console.error
  const read = () => configOf(serveCommand, true)
  const reloader = new Reloader(resolved, { hub, listener, read, say: sayBy(log), warn })
  front = createFront(hub, () => reloader.config)
  let admin: AdminPort | undefined
  try {
    await listen(server, { host, port: sharedPort(port) })
    if (isWorker() && metrics) answerQuestions(hub, metrics)
    else admin = await openAdminPort(config, hub, metrics)
  } catch (error) {
    server.close()
    await Promise.all([hub.close({ graceMs: 0 }), listener.close(0)])
    throw error
  }
  const internal = admin ? [internalLine(admin), dashboardLine(admin)] : []
  const notices = given.authenticate ? [] : [onlyHere]
  announce([`listening on ${scheme}://${addressOf(server)}`, ...internal, ...notices], sayBy(log))
  hangup.told = () => void reloader.reload()
  const signal = await stop.told
  // At a terminal nobody balances.
  const options = closeOptionsOf(reloader.config, signal === 'SIGTERM')
  if (!isWorker()) tellSystemd('STOPPING=1', 'leaving')
  log?.write({ event: 'leaving', sentence: `${hub.stats().connections} connections are sent elsewhere.` })
  const left = hub.close(options)
  await wait(options.lameMs)
  server.close()
  await left
  await listener.close(1_000)
  admin?.close()
  log?.write({ event: 'left', sentence: 'The store is closed.' })
}

/** That of the internal port, and the user's own. */
function meterOf(metrics: Metrics | undefined, own: HubOptions['meter']): HubOptions['meter'] {
  return metrics && own ? bothMeters(metrics.meter, own) : (metrics?.meter ?? own)
}

function logOf({ log: kind = 'off' }: ServeConfig): Log | undefined {
  return kind === 'off' ? undefined : createLog({ kind })
}

function sayBy(log: Log | undefined): (line: string) => void {
  if (log === undefined) return console.log
  return (sentence) => log.write({ event: sentence.startsWith('listening ') ? 'listening' : 'notice', sentence })
}

function loggedBy(log: Log | undefined, options: HubOptions): HubOptions {
  if (log === undefined) return options
  return { ...options, onEvent: log.write, onError: options.onError ?? log.failed }
}

/** @throws AnywireError `bad-request` for a store that each worker would have for itself. */
function checkShared(store: Store | undefined): void {
  if (store?.capabilities.shared) return
  const sentence =
    'Workers need a store that they share: name one, such as --store disk:./data, or leave out --workers.'
  throw new AnywireError('bad-request', sentence)
}

const yearSeconds = 31_536_000

const onlyHere =
  'Without "authenticate" only this machine is served. A proxy here that adds no X-Forwarded-For cannot be detected: ' +
  'it would let others in.'

/** `told` resolves at the first SIGTERM or SIGINT, or `drain`; a second signal ends the process at once. */
function listenForStop(): { readonly told: Promise<NodeJS.Signals>; readonly drain: () => void } {
  let stop: (signal: NodeJS.Signals) => void = () => undefined
  const told = new Promise<NodeJS.Signals>((done) => {
    stop = done
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(1))
      stop(signal)
    })
  }
  return { told, drain: () => stop('SIGTERM') }
}
