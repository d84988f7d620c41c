/** A hub on a server of `node:http`, run by Bun: says its port, and is asked over IPC. */
import { createServer } from 'node:http'
import { createHub } from '../../dist/index.js'

const hub = createHub()
const server = createServer((_request, response) => {
  response.writeHead(404)
  response.end()
})
hub.attach(server)
const close = () => hub.close({ graceMs: 2_000 }).then(() => true)
process.on('message', async (asked) => {
  process.send?.({ answer: asked === 'close' ? await close() : hub.stats().subscriptions })
})
process.on('disconnect', () => process.exit(0))
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' && address?.port })
})
