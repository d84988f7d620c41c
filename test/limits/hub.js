/** A hub in a process of its own that measures itself: the longest block of its loop, and how far its memory grows. */

import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { createHub, http2Options } from 'anywire'

/** @type {import('./edge-hub.js').EdgeOptions} */
const { http2 = false, setup, ...given } = JSON.parse(process.argv[2] ?? '{}')
/** @type {string[]} */
const errors = []
/** @param {unknown} thrown */
const note = (thrown) =>
  void errors.push(thrown instanceof Error ? String(thrown.cause ?? thrown.stack) : String(thrown))
process.on('uncaughtException', note)
process.on('unhandledRejection', note)

/** @type {import('./edge-hub.js').EdgeSetup} */
const { options = {}, before } = setup === undefined ? {} : (await import(setup)).default
const hub = createHub({ onError: note, ...given, ...options })
const server = http2
  ? createHttp2Server(http2Options())
  : createServer((_request, response) => response.writeHead(404).end())
hub.attach(server)
await before?.(hub)

const periodMs = 5
let longest = 0
let peak = 0
let atFirst = 0
let wall = performance.now()
let cpu = cpuMs()

/** What this process has worked since it began. */
function cpuMs() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Another process can keep this one waiting, but cannot make it work: a block is the shorter of the two times. */
function look() {
  const [now, worked] = [performance.now(), cpuMs()]
  longest = Math.max(longest, Math.min(now - wall, worked - cpu))
  peak = Math.max(peak, process.memoryUsage.rss())
  wall = now
  cpu = worked
}
setInterval(look, periodMs)

/** @type {Record<string, (asked: any) => unknown>} */
const acts = {
  begin() {
    for (let i = 0; i < 3; i++) global.gc?.()
    atFirst = peak = process.memoryUsage.rss()
    longest = 0
    wall = performance.now()
    cpu = cpuMs()
  },
  figures: () => ({ blockedMs: longest, grownBytes: peak - atFirst, cpuMs: cpuMs(), errors, stats: hub.stats() }),
  publish: ({ channel, data }) => hub.publish(channel, data),
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
