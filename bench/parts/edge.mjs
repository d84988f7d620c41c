/** What many long polls behind a cache cost the hub: requests and CPU per message, and how late the last reader is. */
import { setTimeout as wait } from 'node:timers/promises'
import { PollForm } from '../load/poll-reader.mjs'
import { Session } from '../load/session.mjs'
import { startProxy } from '../servers/proxy.mjs'
import { start } from '../servers/start.mjs'
import { median, number, table, verdict } from '../table.mjs'

const form = new PollForm('/channels/public/bench')

/** @typedef {{ name: string, proxy?: string, changes?: Record<string, string>, pauseMs?: number, goal?: string }} Row */

/** @type {Record<string, Row>} */
const rows = {
  direct: { name: 'no proxy' },
  nginx: { name: 'nginx, `cached.conf`', proxy: 'nginx', goal: 'one request' },
  'nginx-silence': { name: 'the same, after 7 s of silence', proxy: 'nginx', pauseMs: 7_000, goal: 'one request' },
  'nginx-lock': {
    name: 'nginx with its own lock times (5 s), after 7 s of silence',
    proxy: 'nginx',
    changes: { 'lock_timeout 20s': 'lock_timeout 5s', 'lock_age 20s': 'lock_age 5s' },
    pauseMs: 7_000,
  },
  varnish: { name: 'Varnish, `anywire.vcl`', proxy: 'varnish', goal: 'one request' },
  'varnish-silence': { name: 'the same, after 7 s of silence', proxy: 'varnish', pauseMs: 7_000, goal: 'one request' },
}

/** @param {{ readers: number, messages: number, only?: Set<string>, flags: string[] }} options */
export async function edge(options) {
  const lines = []
  for (const [key, row] of Object.entries(rows)) {
    if (!options.only || options.only.has(key)) lines.push(await measured(row, options))
  }
  const note = `${options.readers} durable long polls of one channel (rule \`cache: 'public'\`) behind the samples of examples/proxies; ${options.messages} messages, one per second (3 where each follows 7 s of silence). Requests that reach the hub, and CPU of the hub's process, per message; p99 from publish to arrival over every 50th reader, median of the messages. nginx's waiters look every 500 ms.`
  return table('At the edge', note, ['front', 'requests', 'CPU-µs', 'p99 ms', 'goal'], lines)
}

/** @param {Row} row @param {{ readers: number, messages: number, flags: string[] }} options */
async function measured({ name, proxy: kind, changes, pauseMs = 0, goal }, { readers, messages, flags }) {
  const server = await start('edge', { flags })
  const proxy = kind === undefined ? undefined : await startProxy(kind, server.port, changes)
  const session = await Session.open({ ...server, port: proxy?.port ?? server.port }, form, readers)
  // The first messages create the channel and bring all to one URL.
  await session.paced(1, 3_000)
  const count = pauseMs > 0 ? 3 : messages
  const before = await server.ask('requests')
  const delays = []
  let cpuUs = 0
  for (let message = 0; message < count; message++) {
    await wait(pauseMs || 1_000)
    const { cpuUs: each, p99Ms } = await session.paced(1, 1)
    cpuUs += each * readers
    delays.push(p99Ms)
  }
  // What the last message made everybody ask has come by then, for the most part.
  await wait(300)
  const requests = ((await server.ask('requests')) - before) / count
  session.close()
  await proxy?.stop()
  await server.stop()
  const p99 = median(delays)
  return [name, number(requests), number(cpuUs / count), number(p99), goal ? verdict(goal, requests <= 1.1) : '']
}
