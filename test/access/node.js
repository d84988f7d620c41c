/** A node in a process of its own that takes signed tokens: `node.js <redis url> <issuer as JSON>`. Prints its origin. */
import { createServer } from 'node:http'
import { createHub } from 'anywire'
import { jwt } from 'anywire/jwt'
import { redis } from 'anywire/store/redis'

const [url = '', issuer = '{}'] = process.argv.slice(2)
const hub = createHub({
  store: await redis({ url }),
  authenticate: jwt({ issuers: [JSON.parse(issuer)] }),
})
const server = createServer()
hub.attach(server)
server.listen(0, '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  console.log(`listening on http://127.0.0.1:${port}`)
})
