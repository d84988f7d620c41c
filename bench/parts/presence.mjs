/** What it costs that members are told of, when 10,000 of them come to one channel. */
import { awake } from '../load/awake.mjs'
import { gather, RosterReader } from '../load/members.mjs'
import { start } from '../servers/start.mjs'
import { median, number, table } from '../table.mjs'

/** Channels of `servers/presence.mjs`. */
const rows = {
  alone: 'a channel without presence',
  named: 'presence, each member named (`maxMembers: 10_000`)',
  counted: 'presence, counts above 1,000',
}

/** @param {{ members: number, rounds: number, only?: Set<string>, flags: string[] }} options */
export async function presence({ members, rounds, only, flags }) {
  const chosen = Object.entries(rows).filter(([key]) => !only || only.has(key))
  const measured = new Map(chosen.map(([key]) => [key, /** @type {Joins[]} */ ([])]))
  for (let round = 0; round < rounds; round++) {
    for (const [key] of chosen) measured.get(key)?.push(await joins(key, members, flags))
  }
  const lines = chosen.map(([key, name]) => {
    const of = measured.get(key) ?? []
    const per = (/** @type {keyof Joins} */ what) => number(median(of.map((one) => one[what])))
    return [name, per('cpuUs'), key === 'alone' ? '' : per('bytes'), per('settledMs')]
  })
  const note = `${members} members come by WebSocket, 64 at a time, to one channel of a process of its own; one reader follows the roster over SSE. CPU of the server per member, from the first connect until the roster has all of them; bytes that the reader got, per member; and how long after the last member was in the roster had all. Medians of ${rounds} rounds.`
  return table('Presence', note, ['channel', 'CPU-µs per join', 'bytes per join', 'ms until it is whole'], lines)
}

/** @typedef {{ cpuUs: number, bytes: number, settledMs: number }} Joins */

/** @param {string} channel @param {number} members @param {string[]} flags @returns {Promise<Joins>} */
async function joins(channel, members, flags) {
  const server = await start('presence', { flags })
  const roster = channel === 'alone' ? undefined : new RosterReader(server.port, channel)
  const before = await server.ask('cpu')
  let settledMs = 0
  const leave = await awake(async () => {
    const left = await gather(server.port, channel, members)
    const began = performance.now()
    await roster?.has(members)
    settledMs = performance.now() - began
    return left
  })
  const cpuUs = ((await server.ask('cpu')) - before) / members
  roster?.close()
  leave()
  await server.stop()
  return { cpuUs, bytes: (roster?.bytes ?? 0) / members, settledMs }
}
