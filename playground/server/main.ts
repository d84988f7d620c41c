/** The playground's server: one hub with the rules of every scenario, and the pages. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { createHub } from 'anywire'
import { authors } from './authors.js'
import { chat } from './chat.js'
import { company, keepCompany } from './company.js'
import { contained } from './contained.js'
import { editor } from './editor.js'
import { feed } from './feed.js'
import { files } from './files.js'
import { game } from './game.js'
import { images } from './images.js'
import { laboratory } from './laboratory.js'
import { Lan, lanAddresses } from './lan.js'
import { mentions } from './mentions.js'
import { Network } from './network.js'
import { news } from './news.js'
import { notifications } from './notifications.js'
import { listenFault, readOptions } from './options.js'
import { people } from './people.js'
import { proof, train } from './proof.js'
import { reading } from './reading.js'
import type { Mount, Scenario } from './scenario.js'
import { scores } from './scores.js'
import { system } from './system.js'
import { ticker } from './ticker.js'
import { authenticate, greet, visitorCookie } from './visitor.js'
import { whiteboard } from './whiteboard.js'

const options = readOptions()

const scenarios: readonly Scenario[] = [
  system,
  proof,
  people,
  company,
  chat,
  editor,
  whiteboard,
  reading,
  game,
  ticker,
  notifications,
  mentions,
  news,
  scores,
  feed,
  authors,
  images,
  laboratory,
]
const rules = Object.assign({}, ...scenarios.map((scenario) => scenario.rules))
const hub = createHub({ rules, authenticate, cookie: visitorCookie })
const network = new Network()
const lan = options.lan ? new Lan() : undefined
const host = lan ? '0.0.0.0' : options.host
const serve = files(new URL('client/', import.meta.url), new Set(['', ...scenarios.flatMap(({ page }) => page ?? [])]))
// A map, since names of what objects inherit ("constructor") come from outside too.
const mounts = new Map<string, Mount>([
  ['channels', hub],
  ...scenarios.flatMap((scenario) => Object.entries(scenario.mounts?.(hub) ?? {})),
])

// A name of somebody else's that leads here (DNS rebinding) would let that page read what this machine serves.
const names = new Set(['localhost', '127.0.0.1', '[::1]', host, ...(lan ? lanAddresses() : [])])
const everywhere = !lan && (host === '0.0.0.0' || host === '::')
const isOurs = ({ headers }: IncomingMessage) => everywhere || names.has(headers.host?.replace(/:\d+$/, '') ?? '')

const answerOfLan = { 'content-type': 'application/json', 'cache-control': 'no-store' }

/** Where devices of this network come in. */
function lanUrls(): string[] {
  if (!lan) return []
  const { port } = server.address() as AddressInfo
  return lanAddresses().map((address) => `http://${address}:${port}/?key=${lan.key}`)
}

const segmentOf = ({ url = '' }: IncomingMessage) => /^\/([^/?]*)/.exec(url)?.[1] ?? ''

function answer(request: IncomingMessage, response: ServerResponse): unknown {
  if (!isOurs(request)) return response.writeHead(421).end('This server has another name.\n')
  if (lan && !lan.admits(request)) return lan.greet(request, response)
  const segment = segmentOf(request)
  if (segment === 'lan') return response.writeHead(200, answerOfLan).end(JSON.stringify(lanUrls()))
  if (segment === 'network') return (request.url === '/network/train' ? train : network).handle(request, response)
  const mount = mounts.get(segment)
  if (!mount) return serve(request, response, greet(request))
  return network.passes(request) && mount.handle(request, response)
}

function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): unknown {
  const mount = mounts.get(segmentOf(request))
  if (!isOurs(request) || lan?.admits(request) === false || !mount?.upgrade) return socket.destroy()
  return network.passes(request) && mount.upgrade(request, socket, head)
}

const server = createServer((request, response) => contained(request.socket, () => answer(request, response)))
server.on('upgrade', (request, socket, head) => {
  // An upgraded socket has no other listener than those of whoever takes it.
  socket.on('error', () => socket.destroy())
  contained(socket, () => upgrade(request, socket, head))
})
server.on('error', (error) => listenFault(error, options))

const ends: ((() => void) | undefined)[] = scenarios.map((scenario) => scenario.start?.(hub))
server.listen(options.port, host, () => {
  const { address, port } = server.address() as AddressInfo
  const shown = lan ? '127.0.0.1' : address
  const origin = `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`
  console.log(`listening on ${origin}`)
  ends.push(keepCompany(hub, origin))
  for (const url of lanUrls()) console.log(`in this network: ${url}`)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    for (const end of ends) end?.()
    server.close()
    await hub.close({ graceMs: 500 })
    process.exit()
  })
}
