/** A server that a second one replaces: both are hubs over one store, and a number is published every 20 ms. Told what to do by its parent. */
import { createServer } from 'node:http'
import { createHub, memory } from 'anywire'

/** Milliseconds between messages. */
const everyMs = 20
/** How long a hub may take to leave. */
const graceMs = 10_000

/** The store outlives each hub. */
const store = memory()
store.close = async () => undefined

/** @typedef {{ hub: import('anywire').Hub, server: import('node:http').Server }} Running */

/** The one that clients reach, and the one before it. @type {Running[]} */
const running = []

/** A hub of its own on a free port, which the parent is told. */
function begin() {
  const hub = createHub({ store, limits: { connectionsPerAddress: null } })
  const server = createServer()
  hub.attach(server)
  running.push({ hub, server })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    process.send?.({ port: typeof address === 'object' && address ? address.port : 0 })
  })
}

/** The older one leaves, as `anywire serve` does: its clients are told one by one. */
async function drain() {
  const leaving = running.shift()
  await leaving?.hub.close({ graceMs, perSecond: null })
  leaving?.server.close()
  leaving?.server.closeAllConnections()
}

let number = 0
begin()
const begun = performance.now()
setInterval(() => {
  // A late timer is made up for, so that the pace is the same everywhere.
  while (performance.now() >= begun + number * everyMs) running.at(-1)?.hub.publish('switch', ++number)
}, everyMs / 4)
process.on('message', (word) => (word === 'begin' ? begin() : void drain()))
process.on('disconnect', () => process.exit(0))
