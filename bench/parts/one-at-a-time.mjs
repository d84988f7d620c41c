/** What one message costs that travels alone: the next is published when everybody has it. All servers run at once and take turns. */
import { Session } from '../load/session.mjs'
import { chosen } from '../peers.mjs'
import { start } from '../servers/start.mjs'
import { median, number, ratio, table, verdict } from '../table.mjs'

/** Rows, each with the row that its goal is measured by, and the goal. @type {Record<string, [base: string, most: number] | undefined>} */
const bases = {
  bare: undefined,
  ws: undefined,
  pending: undefined,
  plain: ['bare', 1.1],
  v1: ['bare', 1.1],
  event: ['bare', 1.1],
  poll: ['pending', 1.3],
}
/**
 * @typedef {object} Running
 * @property {string} key
 * @property {import('../peers.mjs').Peer} peer
 * @property {import('../servers/start.mjs').Running} server
 * @property {Session} session
 * @property {import('../load/session.mjs').Measured[]} rounds
 */

/** Rounds that do not count. */
const warmUps = 2

/** @param {{ subscribers: number, messages: number, rounds: number, only?: Set<string>, flags: string[] }} options */
export async function oneAtATime({ subscribers, messages, rounds, only, flags }) {
  /** @type {Running[]} */
  const running = []
  for (const [key, peer] of chosen(Object.keys(bases), only)) {
    const server = await start(peer.server, { args: peer.args, flags })
    const session = await Session.open(server, peer.form, subscribers)
    running.push({ key, peer, server, session, rounds: [] })
  }
  for (let round = -warmUps; round < rounds; round++) {
    for (const one of running) {
      const measured = await one.session.alone(messages)
      if (round >= 0) one.rounds.push(measured)
    }
  }
  for (const { session, server } of running) {
    session.close()
    await server.stop()
  }
  const lines = running.map(({ key, peer, rounds }) => {
    const [base, most] = bases[key.replace(/-before$/, '')] ?? []
    const against = running.find((one) => one.key === base)?.rounds
    const times = against && median(rounds.map(({ cpuUs }, round) => cpuUs / against[round].cpuUs))
    const of = (/** @type {'cpuUs' | 'p50Ms' | 'p99Ms'} */ name) => number(median(rounds.map((one) => one[name])))
    const name = running.find((one) => one.key === base)?.peer.name
    const goal = times !== undefined && most !== undefined ? verdict(`≤ ${most}× ${name}`, times <= most) : ''
    return [peer.name, of('cpuUs'), times === undefined ? '' : ratio(times), of('p50Ms'), of('p99Ms'), goal]
  })
  const note = `CPU of the whole server process per delivery, where a message is published when everybody has the one before. 1 channel × ${subscribers} subscribers, 128-byte messages; medians of ${rounds} interleaved rounds of ${messages} messages, ratios as above. A poll is answered and asked again for each.`
  return table('One message at a time', note, ['server', 'CPU-µs', '× base', 'p50 ms', 'p99 ms', 'goal'], lines)
}
