/** What an idle connection costs in memory, each form in a process of its own. */
import { setTimeout as wait } from 'node:timers/promises'
import { Crowd } from '../load/crowd.mjs'
import { chosen } from '../peers.mjs'
import { start } from '../servers/start.mjs'
import { median, number, table, verdict } from '../table.mjs'

/** Rows, each with the peer that its goal is measured by. @type {Record<string, string | undefined>} */
const bases = {
  bare: undefined,
  ws: undefined,
  sse: undefined,
  pending: undefined,
  plain: 'ws',
  v1: 'ws',
  event: 'sse',
  poll: 'pending',
}
/** KiB that a row may take beyond its peer. @type {Record<string, number>} */
const more = { plain: 1, v1: 1, event: 0, poll: 2 }
/** Connections opened and closed beforehand, so that code and pools that any number needs are not counted. */
const warmUp = 500

/** @param {{ connections: number, rounds: number, only?: Set<string> }} options */
export async function memory({ connections, rounds, only }) {
  const peers = chosen(Object.keys(bases), only)
  /** @type {Map<string, number[]>} */
  const measured = new Map(peers.map(([key]) => [key, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [key, peer] of peers) measured.get(key)?.push(await perConnection(peer, connections))
  }
  const kib = (/** @type {string} */ key) => median(measured.get(key) ?? [])
  const lines = peers.map(([key, peer]) => {
    const [own] = key.split('-before')
    const base = bases[own]
    const most = base && measured.has(base) ? kib(base) + (more[own] ?? 0) : undefined
    const goal = most === undefined ? '' : verdict(`≤ ${number(most)}`, kib(key) <= most)
    return [peer.name, number(kib(key)), goal]
  })
  const note = `Resident memory that ${connections} idle connections add, after collection, divided by their number; medians of ${rounds} processes each. The kernel's socket buffers are not counted. Goal: WebSockets at most 1 KiB more than naive \`ws\`, SSE no more than the naive server, polls 2 KiB more.`
  return table('Idle memory', note, ['server', 'KiB per connection', 'goal'], lines)
}

/** @param {import('../peers.mjs').Peer} peer @param {number} connections */
async function perConnection(peer, connections) {
  const server = await start(peer.server, { flags: ['--expose-gc'], args: peer.args })
  const first = new Crowd()
  await first.gather(peer.form, server.port, warmUp)
  first.close()
  await wait(300)
  const before = await server.ask('rss')
  const crowd = new Crowd()
  await crowd.gather(peer.form, server.port, connections)
  await wait(500)
  const after = await server.ask('rss')
  if (crowd.lost > 0) throw new Error(`${crowd.lost} of ${connections} idle connections were lost: ${crowd.why}.`)
  crowd.close()
  await server.stop()
  return (after - before) / connections / 1024
}
