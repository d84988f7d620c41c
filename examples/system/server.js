/** Serves this machine's figures every second over every transport, a chat, and the page that shows both. */
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { createHub } from 'anywire'
import { chatRule } from './chat.js'
import { files } from './files.js'
import { Machine } from './machine.js'

const { values } = parseArgs({
  options: { port: { type: 'string', default: '8080' }, host: { type: 'string', default: '127.0.0.1' } },
})

const hub = createHub({
  rules: {
    // Each figure is a key, so that `offset=snapshot` begins with the newest of every one. Kept: the last ten minutes.
    'system/figures': { key: '/figure', keys: true, publish: false, retain: { messages: 3000 } },
    chat: chatRule,
  },
})

const server = createServer(files(new URL('public/', import.meta.url)))
hub.attach(server)
server.on('error', (error) => {
  console.error(`error: ${error.message}`)
  process.exit(1)
})
server.listen(Number(values.port), values.host, () => {
  const { address, port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  console.log(`listening on http://${address.includes(':') ? `[${address}]` : address}:${port}`)
})

const machine = new Machine()
let number = 0
const clock = setInterval(async () => {
  const figures = machine.measure()
  const at = Date.now()
  // `number` lets a reader see that nothing is missing, `at` how long a message took.
  const messages = figures.map((figure) => ({ data: { ...figure, number: ++number, at } }))
  try {
    await hub.publishBatch('system/figures', messages)
  } catch (error) {
    console.error(error)
  }
}, 1000)

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, async () => {
    clearInterval(clock)
    server.close()
    await hub.close({ graceMs: 500 })
    process.exit()
  })
}
