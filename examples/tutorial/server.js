/** The classic tutorial servers on one port: WebSocket at `/`, event streams at `/sse` and `/events`, a long poll at `/poll`. */
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { createHub } from 'anywire'
import { events } from './events.js'
import { poll } from './poll.js'
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

/** @type {Record<string, import('node:http').RequestListener>} */
const routes = {
  '/sse': feed,
  '/sse/': feed,
  '/events': events(hub),
  '/poll': poll(hub),
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  const route = routes[pathname]
  if (route && request.method === 'GET') route(request, response)
  else
    response
      .writeHead(pathname === '/' ? 200 : 404, { 'content-type': 'text/plain' })
      .end('WebSocket: /   event streams: /sse and /events   long poll: /poll\n')
})
server.on('upgrade', websocket(hub))
server.on('error', (error) => {
  console.error(`error: ${error.message}`)
  process.exit(1)
})
server.listen(Number(values.port), '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  console.log(`listening on http://127.0.0.1:${port}`)
})

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, async () => {
    server.close()
    await hub.close({ graceMs: 0 })
    process.exit()
  })
}
