/** A node of presence in a process of its own: `node.js <redis url> <options of the hub as JSON>`. Prints its origin. */
import { createServer } from 'node:http'
import { createHub } from 'anywire'
import { redis } from 'anywire/store/redis'

const [url = '', options = '{}'] = process.argv.slice(2)
const hub = createHub({
  ...JSON.parse(options),
  store: await redis({ url }),
  authenticate: (credential) => credential && { id: credential.token },
  queryToken: true,
  onError: () => undefined,
})
const server = createServer()
hub.attach(server)
server.listen(0, '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  console.log(`listening on http://127.0.0.1:${port}`)
})
