/** The classic tutorial servers on one port: WebSocket at `/`, event streams at `/sse` and `/events`, a long poll at `/poll`; on the next port a page by Server Push. */
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { createHub } from 'anywire'
import { events } from './events.js'
import { poll } from './poll.js'
import { push } from './push.js'
import { sse } from './sse.js'
import { websocket } from './websocket.js'

const { values } = parseArgs({ options: { port: { type: 'string', default: '8090' } } })

// Pages of any origin may come in, as the tutorials have it: nothing here is secret.
const hub = createHub({
  origins: ['*'],
  rules: {
    chat: { contentType: 'text/plain' },
    '*': { publish: false },
  },
})

const feed = sse(hub)

/** @type {Map<string, (...asked: Parameters<import('node:http').RequestListener>) => unknown>} */
const routes = new Map([
  ['/sse', feed],
  ['/sse/', feed],
  ['/events', events(hub)],
  ['/poll', poll(hub)],
])

const server = createServer(async (request, response) => {
  // Not parsed as a URL: what comes may be none, as "//" is.
  const [pathname = ''] = (request.url ?? '').split('?')
  const route = routes.get(pathname)
  if (route && request.method === 'GET') {
    try {
      await route(request, response)
    } catch {
      response.destroy() // the hub is closing
    }
  } else
    response
      .writeHead(pathname === '/' ? 200 : 404, { 'content-type': 'text/plain' })
      .end('WebSocket: /   event streams: /sse and /events   long poll: /poll\n')
})
server.on('upgrade', websocket(hub))
listen(server, 'http', Number(values.port))
server.once('listening', async () => listen(await push(), 'https', Number(values.port) && Number(values.port) + 1))

/** @param {import('node:net').Server} server @param {string} scheme @param {number} port 0 takes a free one */
function listen(server, scheme, port) {
  server.on('error', (error) => {
    console.error(`error: ${error.message}`)
    process.exit(1)
  })
  server.listen(port, '127.0.0.1', () => {
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
    console.log(`listening on ${scheme}://127.0.0.1:${port}`)
  })
}

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, async () => {
    server.close()
    await hub.close({ graceMs: 0 })
    process.exit()
  })
}
