/** What an append to the disk store costs beside a bare loop over lmdb, each in processes of their own. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { median, number, ratio, table, verdict } from '../table.mjs'

const program = fileURLToPath(new URL('../stores/append.mjs', import.meta.url))
const names = { bare: 'bare `lmdb` loop', disk: '**Anywire** `disk()`' }
const goal = 1.3

/** @typedef {{ micros: number, rate: number }} Cost */

/** @param {{ appends: number, rounds: number, flags: string[] }} options */
export async function disk({ appends, rounds, flags }) {
  /** @type {string[][]} */
  const lines = []
  for (const channels of [1, 10_000]) {
    /** @type {{ bare: Cost, disk: Cost }[]} */
    const measured = []
    for (let round = 0; round < rounds; round++) {
      measured.push({
        bare: await cost('bare', channels, appends, flags),
        disk: await cost('disk', channels, appends, flags),
      })
    }
    const times = median(measured.map(({ bare, disk }) => disk.micros / bare.micros))
    for (const key of /** @type {const} */ (['bare', 'disk'])) {
      const micros = median(measured.map((round) => round[key].micros))
      const rate = median(measured.map((round) => round[key].rate))
      const goals =
        key === 'disk' ? [verdict(`≤ ${goal}× bare`, times <= goal), verdict('≥ 60000/s', rate >= 60_000)] : []
      const beside = ratio(key === 'disk' ? times : 1)
      lines.push([names[key], `${channels}`, number(micros), beside, rate.toFixed(0), goals.join('; ')])
    }
  }
  const note = `Appends of 128 bytes to channels that are there, 256 unanswered, each answered when it is on the disk (fsync). CPU of the whole process, user and system, lmdb's threads included; medians of ${rounds} interleaved rounds of ${appends} appends, ratios are medians of each round's ratio. The bare loop keeps a head and a message for each append, in one transaction for all that waits.`
  return table('Disk store', note, ['store', 'channels', 'CPU-µs per append', '× bare', 'appends/s', 'goal'], lines)
}

/** @param {string} which @param {number} channels @param {number} appends @param {string[]} flags @returns {Promise<Cost>} */
async function cost(which, channels, appends, flags) {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...flags,
    program,
    which,
    `${channels}`,
    `${appends}`,
  ])
  return JSON.parse(stdout)
}
