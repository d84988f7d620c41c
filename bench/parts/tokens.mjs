/** What signed tokens cost: one that was seen before, and a thousand new ones in a second, each with a handshake. */
import { setTimeout as wait } from 'node:timers/promises'
import WebSocket from 'ws'
import { start } from '../servers/start.mjs'
import { median, number, table, verdict } from '../table.mjs'

const algorithms = ['ES256', 'EdDSA', 'RS256', 'HS256']

/** @param {{ rounds: number, only?: Set<string>, flags: string[] }} options */
export async function tokens({ rounds, only, flags }) {
  const chosen = algorithms.filter((name) => !only || only.has(name))
  const running = await Promise.all(
    chosen.map(async (name) => ({
      name,
      server: await start('tokens', { flags, args: [name] }),
      seenUs: /** @type {number[]} */ ([]),
      blockMs: /** @type {number[]} */ ([]),
    })),
  )
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const { server, seenUs, blockMs } of running) {
      const cost = await server.ask('seen')
      const block = await blockOf(server)
      if (round > 0) seenUs.push(cost)
      if (round > 0) blockMs.push(block)
    }
  }
  for (const { server } of running) await server.stop()
  const lines = running.map(({ name, seenUs, blockMs }) => {
    const goals = [verdict('seen ≤ 5 µs', median(seenUs) <= 5), verdict('loop ≤ 20 ms', Math.max(...blockMs) <= 20)]
    return [name, number(median(seenUs)), number(median(blockMs)), number(Math.max(...blockMs)), goals.join('; ')]
  })
  const note = `Seen: CPU of \`authenticate: jwt(…)\` for a token that was verified before, per handshake. Loop: the longest CPU time between two looks at the loop (a timer of 1 ms), while 1,000 WebSockets come within a second, each with a new token. Medians of ${rounds} interleaved rounds, and the worst.`
  return table('Signed tokens', note, ['algorithm', 'seen: CPU-µs', 'loop: CPU-ms', 'worst CPU-ms', 'goal'], lines)
}

/** @param {import('../servers/start.mjs').Running} server */
async function blockOf(server) {
  const minted = /** @type {string[]} */ (/** @type {unknown} */ (await server.ask('mint')))
  await server.ask('watchLoop')
  const began = performance.now()
  const sockets = await Promise.all(minted.map((token, place) => come(server.port, token, began + place)))
  const { cpuMs } = /** @type {{ cpuMs: number }} */ (/** @type {unknown} */ (await server.ask('longestBlock')))
  for (const socket of sockets) socket.terminate()
  await wait(300)
  return cpuMs
}

/** @param {number} port @param {string} token @param {number} at by `performance.now()` @returns {Promise<WebSocket>} */
async function come(port, token, at) {
  await wait(at - performance.now())
  const headers = { Authorization: `Bearer ${token}` }
  const socket = new WebSocket(`ws://127.0.0.1:${port}/channels/chat/1`, { headers, perMessageDeflate: false })
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket))
    socket.once('error', reject)
  })
}
