/** A hub in a process of its own, started with `--expose-gc`: measures itself, and publishes when told to, over IPC. */

import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { createHub, http2Options } from 'anywire'
import { holdingsOf } from './holdings.js'
import { begin, strain } from './strain.js'

/** @type {import('./hub-process.js').ProcessOptions} */
const { http2 = false, setup, ...given } = JSON.parse(process.argv[2] ?? '{}')
/** @type {string[]} */
const errors = []
/** @param {unknown} thrown */
const note = (thrown) =>
  void errors.push(thrown instanceof Error ? String(thrown.cause ?? thrown.stack) : String(thrown))
process.on('uncaughtException', note)
process.on('unhandledRejection', note)

/** @type {import('./hub-process.js').Setup} */
const { options = {}, before } = setup === undefined ? {} : (await import(setup)).default
const hub = createHub({ onError: note, ...given, ...options })
const server = http2
  ? createHttp2Server(http2Options())
  : createServer({ keepAliveTimeout: 1_000 }, (_request, response) => response.writeHead(404).end())
hub.attach(server)
await before?.(hub)

/** The payload of message `n`: its number, the moment, and filling. @param {number} n @param {number} bytes */
function payload(n, bytes) {
  return { n, t: Number(process.hrtime.bigint() / 1000n), pad: 'x'.repeat(Math.max(0, bytes - 48)) }
}

/** Messages have one of so many keys. */
const keys = 8

/** @type {Record<string, (asked: any) => unknown>} */
const acts = {
  stats: () => hub.stats(),
  holdings: async (asked) => ({ ...(await holdingsOf(server, asked)), stats: hub.stats(), errors }),
  begin,
  strain: () => ({ ...strain(), errors }),
  publish: ({ channel, data }) => hub.publish(channel, data),
  async publishSeries({ channel, from, count, bytes }) {
    const numbers = Array.from({ length: count }, (_, i) => from + i)
    await hub.publishBatch(
      channel,
      numbers.map((n) => ({ data: payload(n, bytes), key: `k${n % keys}` })),
    )
  },
}

process.on('message', async (/** @type {any} */ { id, act, ...asked }) => {
  try {
    tell({ id, answer: await acts[act]?.(asked) })
  } catch (thrown) {
    tell({ id, failure: String(thrown) })
  }
})
process.on('disconnect', () => process.exit())

server.listen(0, '127.0.0.1', () =>
  tell({ port: /** @type {import('node:net').AddressInfo} */ (server.address()).port }),
)

/** @param {object} message */
function tell(message) {
  process.send?.(message)
}
