/** What letting a WebSocket in costs, in rounds that take turns. */
import { setTimeout as wait } from 'node:timers/promises'
import { awake } from '../load/awake.mjs'
import { Crowd } from '../load/crowd.mjs'
import { chosen } from '../peers.mjs'
import { start } from '../servers/start.mjs'
import { median, number, ratio, table, verdict } from '../table.mjs'

const keys = ['ws', 'bun', 'plain', 'v1', 'plain-bun']
/** Rounds that do not count. */
const warmUps = 2

/** @param {{ connections: number, rounds: number, only?: Set<string>, flags: string[] }} options */
export async function handshake({ connections, rounds, only, flags }) {
  const running = []
  for (const [key, peer] of chosen(keys, only)) {
    running.push({
      key,
      peer,
      server: await start(peer.server, {
        runtime: peer.runtime,
        flags: peer.runtime ? [] : flags,
        args: peer.args,
      }),
      cpuUs: /** @type {number[]} */ ([]),
    })
  }
  for (let round = -warmUps; round < rounds; round++) {
    for (const { peer, server, cpuUs } of running) {
      const cpu = await cpuOf(peer, server, connections)
      if (round >= 0) cpuUs.push(cpu)
    }
  }
  for (const { server } of running) await server.stop()
  const base = running.find(({ key }) => key === 'ws')?.cpuUs
  const lines = running.map(({ key, peer, cpuUs }) => {
    const against = base && median(cpuUs.map((cpu, round) => cpu / base[round]))
    const most = key.startsWith('v1') ? 1.2 : 1
    const goal = peer.ours && against !== undefined ? verdict(`≤ ${most}× naive \`ws\``, against <= most) : ''
    return [peer.name, number(median(cpuUs)), ratio(against), goal]
  })
  const note = `CPU of the whole server process per connection, from the TCP connect until the client is in (for \`anywire.v1\`: subscribed). Medians of ${rounds} interleaved rounds of ${connections} connections, ratios as above.`
  return table('WebSocket handshake', note, ['server', 'CPU-µs', '× naive `ws`', 'goal'], lines)
}

/** @param {import('../peers.mjs').Peer} peer @param {import('../servers/start.mjs').Running} server @param {number} connections */
async function cpuOf(peer, server, connections) {
  const crowd = new Crowd()
  const before = await server.ask('cpu')
  await awake(() => crowd.gather(peer.form, server.port, connections))
  const cpu = (await server.ask('cpu')) - before
  crowd.close()
  await wait(300)
  return cpu / connections
}
