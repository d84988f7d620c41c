/** Readers that stop for a while: how much a server grows for them. Each server in a process of its own, one after the other. */
import { setTimeout as wait } from 'node:timers/promises'
import { Session } from '../load/session.mjs'
import { chosen } from '../peers.mjs'
import { start } from '../servers/start.mjs'
import { median, number, table, verdict } from '../table.mjs'

const keys = ['bare', 'ws', 'plain', 'v1', 'event', 'poll']
const messageBytes = 8_192
const perSecond = 80
/** How often the size of the process is looked at. */
const lookMs = 100
const mostMb = 20

/** @param {{ subscribers: number, stopped: number, stopMs: number, rounds: number, only?: Set<string> }} options */
export async function slow({ subscribers, stopped, stopMs, rounds, only }) {
  const lines = []
  for (const [, peer] of chosen(keys, only)) {
    /** @type {{ grownMb: number, p99Ms: number }[]} */
    const measured = []
    for (let round = 0; round < rounds; round++) measured.push(await stop(peer, { subscribers, stopped, stopMs }))
    const grown = median(measured.map(({ grownMb }) => grownMb))
    const p99 = median(measured.map(({ p99Ms }) => p99Ms))
    const goal = peer.ours ? verdict(`≤ ${mostMb} MB`, grown <= mostMb) : ''
    lines.push([peer.name, number(grown), number(p99), goal])
  }
  const missed = number((messageBytes * perSecond * stopMs) / 1e9)
  const note = `MB of resident memory that the server grows by while ${stopped} of ${subscribers} subscribers do not read for ${stopMs / 1_000} s, beyond its largest in as long a time before in which all read: ${perSecond} messages of ${messageBytes} bytes a second, ${missed} MB for each that stops. Then everybody has every message. p99 from publish to arrival at the readers that go on. Medians of ${rounds} processes each.`
  return table('Readers that stop', note, ['server', 'MB grown', 'p99 ms', 'goal'], lines)
}

/** @param {import('../peers.mjs').Peer} peer @param {{ subscribers: number, stopped: number, stopMs: number }} options */
async function stop(peer, { subscribers, stopped, stopMs }) {
  const server = await start(peer.server, { args: peer.args, env: { BENCH_MESSAGE_BYTES: String(messageBytes) } })
  const session = await Session.open(server, peer.form, subscribers, server, messageBytes)
  // All read: what a busy process of its kind takes.
  const before = await largest(server, () => session.paced(perSecond, stopMs))
  // Every 50th reader is looked at closely: those go on.
  const stopping = session.crowd.readers.filter((_, at) => at % 50 !== 0).slice(0, stopped)
  for (const { socket } of stopping) socket.pause()
  const during = await largest(server, async () => {
    const goOn = wait(stopMs).then(() => {
      for (const { socket } of stopping) socket.resume()
    })
    const measured = await session.paced(perSecond, stopMs)
    await goOn
    return measured
  })
  session.close()
  await server.stop()
  return { grownMb: (during.bytes - before.bytes) / 1e6, p99Ms: during.of.p99Ms }
}

/** The largest that the server was meanwhile. @template T @param {import('../servers/start.mjs').Running} server @param {() => Promise<T>} work */
async function largest(server, work) {
  let bytes = await server.ask('rss')
  let over = false
  const looking = (async () => {
    while (!over) {
      bytes = Math.max(bytes, await server.ask('rss'))
      await wait(lookMs)
    }
  })()
  const of = await work()
  over = true
  await looking
  return { bytes, of }
}
