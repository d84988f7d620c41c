/** CPU per delivery and delay: all servers run at once, are measured in turn, round after round, so that the machine's noise hits all alike. */
import { Session } from '../load/session.mjs'
import { chosen } from '../peers.mjs'
import { start } from '../servers/start.mjs'
import { median, number, ratio, table, verdict } from '../table.mjs'

const keys = ['bare', 'joining', 'ws', 'sse', 'socketio', 'bun', 'plain', 'v1', 'event', 'poll', 'plain-bun']
const inFlight = 64
const perSecond = 50

/** @typedef {{ paced: import('../load/session.mjs').Measured[], saturated: import('../load/session.mjs').Measured[] }} Rounds */

/** @param {{ subscribers: number, rounds: number, pacedMs: number, saturatedMs: number, only?: Set<string>, flags: string[] }} options */
export async function fanOut(options) {
  const running = []
  for (const [key, peer] of chosen(keys, options.only)) {
    const server = await start(peer.server, {
      runtime: peer.runtime,
      args: peer.args,
      flags: peer.runtime ? [] : options.flags,
    })
    const session = await Session.open(server, peer.form, options.subscribers)
    running.push({ key, peer, server, session, rounds: /** @type {Rounds} */ ({ paced: [], saturated: [] }) })
  }
  for (const { peer, session } of running) {
    await of(peer, session.paced(perSecond, 300))
    await of(peer, session.saturated(inFlight, 300))
  }
  for (let round = 0; round < options.rounds; round++) {
    for (const { peer, session, rounds } of running) {
      rounds.paced.push(await of(peer, session.paced(perSecond, options.pacedMs)))
    }
    for (const { peer, session, rounds } of running) {
      rounds.saturated.push(await of(peer, session.saturated(inFlight, options.saturatedMs)))
    }
  }
  for (const { session, server } of running) {
    session.close()
    await server.stop()
  }
  return spelt(running, options)
}

/** Says whose measurement failed. @template T @param {import('../peers.mjs').Peer} peer @param {Promise<T>} measured */
function of(peer, measured) {
  return measured.catch((/** @type {Error} */ error) => {
    throw new Error(`${peer.name}: ${error.message}`)
  })
}

/** @param {{ key: string, peer: import('../peers.mjs').Peer, rounds: Rounds }[]} rows @param {{ subscribers: number, rounds: number }} options */
function spelt(rows, { subscribers, rounds }) {
  const of = (/** @type {string} */ key) => rows.find((row) => row.key === key)?.rounds
  const heads = [
    'server',
    '50/s: CPU-µs',
    '× bare',
    'p99 ms',
    'saturated: CPU-µs',
    '× joining',
    '× bare',
    'p99 ms',
    'publishes/s',
    'bytes',
    'goal',
  ]
  const lines = rows.map(({ key, peer, rounds }) => {
    const paced = against(rounds.paced, of('bare')?.paced)
    const joined = against(rounds.saturated, of('joining')?.saturated)
    return [
      peer.name,
      number(median(rounds.paced.map(({ cpuUs }) => cpuUs))),
      ratio(paced),
      number(median(rounds.paced.map(({ p99Ms }) => p99Ms))),
      number(median(rounds.saturated.map(({ cpuUs }) => cpuUs))),
      ratio(joined),
      ratio(against(rounds.saturated, of('bare')?.saturated)),
      number(median(rounds.saturated.map(({ p99Ms }) => p99Ms))),
      number(median(rounds.saturated.map(({ perSecond }) => perSecond))),
      `${number(median(rounds.paced.map(({ bytes }) => bytes)))} / ${number(median(rounds.saturated.map(({ bytes }) => bytes)))}`,
      peer.ours ? goals(key, rounds, { paced, joined, plain: of('plain') }) : '',
    ]
  })
  const note = `CPU of the whole server process per delivery, user and system. 1 channel × ${subscribers} subscribers, 128-byte messages; at ${perSecond} publishes/s, and with ${inFlight} publishes unanswered. Medians of ${rounds} interleaved rounds; ratios are medians of each round's ratio. p99 from publish to arrival, one clock. Bytes: on the wire per message, at 50/s / saturated. The load generator never sleeps, so that no server is charged for waking it. Every subscriber got every message, in order.`
  return table('Fan-out', note, heads, lines)
}

/** The median of each round's ratio. @param {import('../load/session.mjs').Measured[]} own @param {import('../load/session.mjs').Measured[] | undefined} base */
function against(own, base) {
  return base && median(own.map(({ cpuUs }, round) => cpuUs / base[round].cpuUs))
}

/** @param {string} key @param {Rounds} rounds @param {{ paced: number | undefined, joined: number | undefined, plain: Rounds | undefined }} beside */
function goals(key, rounds, { paced, joined, plain }) {
  const said = []
  if (key.startsWith('poll')) {
    said.push(verdict('saturated < 2 µs', median(rounds.saturated.map(({ cpuUs }) => cpuUs)) < 2))
    const late = plain && median(rounds.paced.map(({ p99Ms }, round) => p99Ms / plain.paced[round].p99Ms))
    if (late !== undefined) said.push(verdict('50/s: p99 ≤ 2× plain WebSocket', late <= 2))
    return said.join('; ')
  }
  if (paced !== undefined) said.push(verdict('50/s ≤ 1.3× bare', paced <= 1.3))
  if (joined !== undefined) said.push(verdict('saturated ≤ 1.3× joining', joined <= 1.3))
  return said.join('; ')
}
