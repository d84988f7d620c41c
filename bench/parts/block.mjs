/** Ten thousand readers: whether they are let in and stay, and for how long one publish to them holds up the event loop. */
import { setTimeout as wait } from 'node:timers/promises'
import { Session } from '../load/session.mjs'
import { chosen } from '../peers.mjs'
import { start } from '../servers/start.mjs'
import { median, number, table, verdict } from '../table.mjs'

const keys = ['bare', 'ws', 'plain', 'v1', 'event']

/** @param {{ connections: number, publishes: number, idleMs: number, only?: Set<string>, flags: string[] }} options */
export async function block(options) {
  const lines = []
  for (const [, peer] of chosen(keys, options.only)) lines.push(await measured(peer, options))
  const note = `${options.connections} subscribers of one channel; ${options.publishes} single publishes. Block: the longest that the event loop is held while one publish is delivered (a timer of 1 ms stands in it), median and worst: of CPU, and by the clock, which counts what other processes of the machine take too. Last reader: from publish until everybody has it, median; the load generator shares this machine's cores.`
  const heads = [
    'server',
    'connected, after idling',
    'block CPU-ms',
    'worst CPU-ms',
    'by the clock ms',
    'last reader ms',
    'goal',
  ]
  return table('10,000 readers', note, heads, lines)
}

/** @param {import('../peers.mjs').Peer} peer @param {{ connections: number, publishes: number, idleMs: number, flags: string[] }} options */
async function measured(peer, { connections, publishes, idleMs, flags }) {
  const server = await start(peer.server, { flags, args: peer.args })
  const session = await Session.open(server, peer.form, connections)
  await wait(idleMs)
  const stayed = connections - session.crowd.lost
  /** @type {{ wallMs: number, cpuMs: number }[]} */
  const blocks = []
  const lasts = []
  // The first publish creates the channel and warms up.
  for (let time = 0; time <= publishes; time++) {
    await server.ask('watchLoop')
    await wait(50)
    const { perSecond } = await session.paced(1, 1)
    if (time > 0) {
      blocks.push(
        /** @type {{ wallMs: number, cpuMs: number }} */ (/** @type {unknown} */ (await server.ask('longestBlock'))),
      )
      lasts.push(1_000 / perSecond)
    }
    await wait(50)
  }
  session.close()
  await server.stop()
  const cpu = blocks.map(({ cpuMs }) => cpuMs)
  const goals = [verdict('all stay', stayed === connections), verdict('block ≤ 10 ms', median(cpu) <= 10)]
  return [
    peer.name,
    `${stayed}`,
    number(median(cpu)),
    number(Math.max(...cpu)),
    number(median(blocks.map(({ wallMs }) => wallMs))),
    number(median(lasts)),
    peer.ours ? goals.join('; ') : '',
  ]
}
