/** `node start.js [--proxy haproxy] [--kill] [--seconds n]`: starts the cluster, and readers who check what they get. */
import { parseArgs } from 'node:util'
import { connect } from 'anywire/client'
import { WebSocket } from 'ws'
import { startCluster } from './cluster.js'
import { killAtRandom } from './kills.js'

const { values } = parseArgs({
  options: {
    proxy: { type: 'string', default: 'nginx' },
    kill: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '0' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
})
// Node has one of its own from 22 on.
globalThis.WebSocket ??= /** @type {typeof globalThis.WebSocket} */ (/** @type {unknown} */ (WebSocket))

if (values.proxy !== 'nginx' && values.proxy !== 'haproxy') throw new Error('--proxy is nginx or haproxy.')
const cluster = await startCluster({ proxy: values.proxy })
console.log(`Three nodes over one Redis, behind ${values.proxy}: ${cluster.url}`)

const count = { published: 0, received: 0, lost: 0, twice: 0 }
const readers = Array.from({ length: 30 }, (_, at) => {
  const transport = /** @type {const} */ (['websocket', 'stream', 'poll'])[at % 3]
  const client = connect(cluster.url, { transports: [transport ?? 'poll'] })
  let next = 0
  client.subscribe('numbers', { from: 'start' }, (item) => {
    if (item.kind !== 'message') count.lost += item.kind === 'gap' ? (item.missed ?? 1) : 1
    else if (/** @type {number} */ (item.data) < next) count.twice++
    else {
      count.lost += /** @type {number} */ (item.data) - next
      next = /** @type {number} */ (item.data) + 1
      count.received++
    }
  })
  return client
})

const publisher = connect(cluster.url)
let number = 0
const publishing = setInterval(() => {
  publisher.publish('numbers', number++).then(
    () => count.published++,
    (error) => console.error(`A publish failed: ${error.message}`),
  )
}, 50)
const telling = setInterval(() => {
  const { published, received, lost, twice } = count
  console.log(
    `${published} published · ${received} received by ${readers.length} readers · ${lost} lost · ${twice} twice`,
  )
}, 1_000)

const stopping = new AbortController()
const kills = values.kill
  ? killAtRandom(cluster.nodes, { seed: Number(values.seed), signal: stopping.signal, told: console.log })
  : Promise.resolve(0)
if (values.kill) console.log(`Nodes are killed at random (seed ${values.seed}).`)

await new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve)
  if (Number(values.seconds) > 0) setTimeout(resolve, Number(values.seconds) * 1_000)
})
stopping.abort()
console.log(`${await kills} nodes killed.`)
clearInterval(publishing)
clearInterval(telling)
for (const client of [publisher, ...readers]) client.close()
await cluster.stop()
process.exitCode = count.lost + count.twice === 0 ? 0 : 1
