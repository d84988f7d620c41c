/** `anywire serve`: a hub as a process of its own. */
import { existsSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { type AddressInfo, isIPv6, type Server } from 'node:net'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Command, Option } from 'commander'
import { createHub, type HubOptions, type Store } from '../index.js'
import { AnywireError } from '../protocol/index.js'
import { announce, isWorker, runWorkers, sharedPort } from './cluster.js'
import { addHsts } from './hsts.js'
import { createListener, type ListenerOptions } from './listener.js'
import { wholeNumber } from './options.js'
import { type OpenStore, storeNamed } from './stores.js'

interface ServeOptions extends ListenerOptions {
  readonly port: number
  readonly host: string
  readonly path?: string
  readonly create?: 'on-use' | 'explicit'
  readonly origins?: string[]
  readonly trustProxy?: true
  readonly config?: string
  readonly store?: OpenStore
  readonly hsts?: number | true
  readonly workers?: number
}

export const serveCommand = new Command('serve')
  .description('Serve channels until SIGTERM or SIGINT.')
  .option('--port <port>', 'port to listen on; 0 takes a free one', wholeNumber(0, 65_535), 8080)
  .option('--host <host>', 'address to listen on', '127.0.0.1')
  .option(
    '--tls',
    'HTTP/2 and HTTP/1.1 over TLS, with a certificate for localhost that is made once (see "anywire trust")',
  )
  .option(
    '--cert <file>',
    'certificate and those that signed it, as PEM; implies --tls. Read again when it changes, and on SIGHUP',
  )
  .option('--key <file>', 'private key of the certificate, as PEM')
  .option(
    '--hsts [seconds]',
    'tell browsers to use nothing but TLS here for so long; without a number a year (default: off)',
    wholeNumber(0, 4e9),
  )
  .option('--h2c', 'HTTP/2 without TLS too, for a proxy that speaks it')
  .option('--path <path>', 'where the channels are mounted (default: /channels)')
  .addOption(
    new Option('--create <when>', 'what creates a channel: its first use, or only PUT (default: on-use)').choices([
      'on-use',
      'explicit',
    ]),
  )
  .option('--origins <origins...>', 'foreign origins whose pages may use the hub, e.g. https://app.example')
  .option('--trust-proxy', 'take address, scheme and host from X-Forwarded-*: only behind a proxy that sets them')
  .option(
    '--store <store>',
    'where logs are kept: memory; disk:<folder>, which survives restarts; redis://<host> or nats://<host>, for many nodes (default: memory)',
    storeNamed,
  )
  .option(
    '--workers <count>',
    'processes that share the port and the store, each started again when it dies; needs a store that is shared, such as disk:<folder> (default: one process)',
    wholeNumber(1, 256),
  )
  .option('--config <file>', 'module whose default export is the options of the hub')
  .addHelpText(
    'after',
    `
Without --config an anywire.config.js or anywire.config.mjs in the current folder is used; options given here win over it.
  // anywire.config.js
  export default { rules: { 'prices/*': { key: '/symbol', keys: true } } }`,
  )
  .action(serve)

async function serve(options: ServeOptions): Promise<void> {
  const { workers: count, port, host, tls, cert } = options
  if (count !== undefined && !isWorker())
    return runWorkers({ count, port, host, reloads: tls === true || cert !== undefined })
  const given: HubOptions = {
    ...(await readConfig(options.config)),
    ...(options.path !== undefined && { path: options.path }),
    ...(options.create !== undefined && { create: options.create }),
    ...(options.origins !== undefined && { origins: options.origins }),
    ...(options.trustProxy && { trustProxy: true }),
  }
  if (!given.authenticate && !isLoopback(options.host)) {
    throw new AnywireError(
      'forbidden',
      `Without "authenticate" in a configuration only this machine is served: name one with --config, or leave out --host ${options.host}.`,
    )
  }
  if (options.hsts !== undefined && !options.tls && options.cert === undefined)
    throw new AnywireError('bad-request', '--hsts needs --tls.')
  const listener = await createListener(options, (response) => notAChannel(response, given.path ?? '/channels'))
  const { server, servers, scheme } = listener
  const store = options.store ? await options.store() : given.store
  if (isWorker()) checkShared(store)
  const hub = createHub({ ...given, ...(store && { store }) })
  for (const one of servers) hub.attach(one)
  if (options.hsts !== undefined) addHsts(server, options.hsts === true ? yearSeconds : options.hsts)
  try {
    await listen(server, { host, port: sharedPort(port) })
  } catch (error) {
    await Promise.all([hub.close({ graceMs: 0 }), listener.close(0)])
    throw error
  }
  announce([`listening on ${scheme}://${addressOf(server)}`, ...(given.authenticate ? [] : [onlyHere])])
  await toldToStop()
  server.close()
  await hub.close()
  await listener.close(1_000)
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
  'Without "authenticate" only this machine is served. A proxy here that adds no X-Forwarded-For cannot be detected: it would let others in.'

const configNames = ['anywire.config.js', 'anywire.config.mjs']

async function readConfig(file: string | undefined): Promise<HubOptions> {
  const name = file ?? configNames.find((candidate) => existsSync(candidate))
  if (name === undefined) return {}
  const path = resolve(name)
  if (!existsSync(path)) throw new AnywireError('bad-request', `There is no configuration at ${path}.`)
  let module: { default?: unknown }
  try {
    module = await import(pathToFileURL(path).href)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new AnywireError('bad-request', `The configuration ${path} could not be loaded: ${why}`, { cause })
  }
  const options = module.default
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return options
  throw new AnywireError('bad-request', `The configuration ${path} has no object as its default export.`)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

async function listen(server: Server, { port, host }: Pick<ServeOptions, 'port' | 'host'>): Promise<void> {
  await new Promise<void>((done, fail) => {
    server.once('error', (cause: NodeJS.ErrnoException) => fail(cannotListen(cause, port, host)))
    server.listen(port, host, done)
  })
}

function cannotListen(cause: NodeJS.ErrnoException, port: number, host: string): AnywireError {
  const why: Record<string, string> = {
    EADDRINUSE: `Port ${port} is in use: stop what listens there, or choose another one with --port.`,
    EACCES: `Port ${port} is only for the administrator: choose one from 1024 up with --port.`,
    EADDRNOTAVAIL: `This machine has no address ${host}: choose one with --host.`,
    ENOTFOUND: `There is no host ${host}: choose an address with --host.`,
  }
  return new AnywireError('conflict', why[cause.code ?? ''] ?? cause.message, { cause })
}

function addressOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo
  return `${isIPv6(address) ? `[${address}]` : address}:${port}`
}

function notAChannel(response: ServerResponse, path: string): void {
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(`This is an Anywire hub. Its channels are below ${path}/, e.g. ${path}/news\n`)
}

/** Resolves at the first SIGTERM or SIGINT; the second one ends the process at once. */
async function toldToStop(): Promise<void> {
  await new Promise<void>((done) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1))
        done()
      })
    }
  })
}
