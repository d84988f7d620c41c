/** The playground's server: one hub with the rules of every scenario, and the pages. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { createHub } from 'anywire'
import { chat } from './chat.js'
import { files } from './files.js'
import { Network } from './network.js'
import { reading } from './reading.js'
import { system } from './system.js'
import { ticker } from './ticker.js'

const { values } = parseArgs({
  options: { port: { type: 'string', default: '8080' }, host: { type: 'string', default: '127.0.0.1' } },
})

const scenarios = [system, chat, reading, ticker]
const hub = createHub({ rules: Object.assign({}, ...scenarios.map(({ rules }) => rules)) })
const network = new Network()
const serve = files(new URL('client/', import.meta.url), new Set(['', 'chat', 'ticker']))

const server = createServer((request, response) => {
  const path = request.url?.split('?')[0] ?? ''
  if (path === '/network') return void network.handle(request, response)
  if (path !== '/channels' && !path.startsWith('/channels/')) return serve(request, response, network.greet(request))
  if (network.passes(request)) hub.handle(request, response)
})
server.on('upgrade', (request, socket, head) => {
  if (network.passes(request)) hub.upgrade(request, socket, head)
})
server.on('error', (error) => {
  console.error(`error: ${error.message}`)
  process.exit(1)
})

const ends = scenarios.map((scenario) => scenario.start(hub))
server.listen(Number(values.port), values.host, () => {
  const { address, port } = server.address() as AddressInfo
  console.log(`listening on http://${address.includes(':') ? `[${address}]` : address}:${port}`)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    for (const end of ends) end()
    server.close()
    await hub.close({ graceMs: 500 })
    process.exit()
  })
}
