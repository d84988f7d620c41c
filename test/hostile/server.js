/** A hub in a process of its own, started with `--expose-gc`: says what it holds, and publishes when told to, over IPC. */

import { createServer, IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { queryObjects } from 'node:v8'
import { createHub } from 'anywire'
import { WebSocket } from 'ws'
import { Channel } from '../../dist/core/reading/channel.js'
import { Connection } from '../../dist/core/reading/connection.js'
import { Subscription } from '../../dist/core/reading/subscription.js'
import { slowDoor, slowStore } from './slow.js'

/** @type {import('./hub-process.js').ServeOptions} */
const { slow, ...options } = JSON.parse(process.argv[2] ?? '{}')
/** @type {string[]} */
const errors = []
/** @param {unknown} thrown */
const note = (thrown) =>
  void errors.push(thrown instanceof Error ? String(thrown.cause ?? thrown.stack) : String(thrown))
process.on('uncaughtException', note)
process.on('unhandledRejection', note)

const hub = createHub({ ...options, ...(slow && { store: slowStore(), authenticate: slowDoor }), onError: note })
const server = createServer({ keepAliveTimeout: 1_000 }, (_request, response) => response.writeHead(404).end())
hub.attach(server)
server.listen(0, '127.0.0.1', () =>
  tell({ port: /** @type {import('node:net').AddressInfo} */ (server.address()).port }),
)

/** The payload of message `n`: its number, the moment, a key, and filling. @param {number} n @param {number} bytes */
function payload(n, bytes) {
  return { n, t: Number(process.hrtime.bigint() / 1000n), pad: 'x'.repeat(Math.max(0, bytes - 48)) }
}

/** @type {Record<string, (asked: any) => unknown>} */
const acts = {
  /** Messages `from`…`from + count - 1` in one step. */
  async publish({ channel, from, count, bytes, keys = 8 }) {
    const messages = Array.from({ length: count }, (_, i) => ({
      data: payload(from + i, bytes),
      key: `k${(from + i) % keys}`,
    }))
    await hub.publishBatch(channel, messages)
  },
  stats: () => hub.stats(),
  figures,
}

/** What is held, after a full collection. */
async function figures({ objects = false } = {}) {
  for (let i = 0; i < 3; i++) {
    await sleep(10)
    global.gc?.()
  }
  const { heapUsed, external } = process.memoryUsage()
  return {
    bytes: heapUsed + external,
    stats: hub.stats(),
    errors,
    sockets: process.getActiveResourcesInfo().filter((kind) => /TCPSocketWrap|HTTP|Pipe/.test(kind)).length,
    listeners: ['request', 'upgrade', 'connection', 'close', 'error'].reduce(
      (sum, event) => sum + server.listenerCount(event),
      0,
    ),
    alive:
      objects &&
      Object.fromEntries(
        [Channel, Connection, Subscription, Socket, WebSocket, IncomingMessage, ServerResponse].map((kind) => [
          kind.name,
          queryObjects(kind),
        ]),
      ),
  }
}

process.on('message', async ({ id, act, ...asked }) => {
  try {
    tell({ id, answer: await acts[act]?.(asked) })
  } catch (thrown) {
    tell({ id, failure: String(thrown) })
  }
})
process.on('disconnect', () => process.exit())

/** @param {object} message */
function tell(message) {
  process.send?.(message)
}
