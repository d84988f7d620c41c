/** What an append to a store costs beside the bare library: a table, each way in processes of their own. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { engines } from '../servers/engines.mjs'
import { median, number, ratio, table, verdict } from '../table.mjs'

const program = fileURLToPath(new URL('../stores/append.mjs', import.meta.url))
const goal = 1.3

/** @typedef {{ micros: number, server: number, rate: number }} Cost */
/** @typedef {{ appends: number, rounds: number, flags: string[] }} AppendOptions */
/**
 * @typedef {object} AppendTable
 * @property {string} title
 * @property {string} note what stands above the table
 * @property {'disk' | 'redis' | 'nats'} kind which of `bench/stores`
 * @property {{ bare: string, ours: string }} names
 * @property {number[]} channels
 * @property {string} [serverName] the column of what its server works
 * @property {number} [rate] so many appends a second are a goal
 */

/** @param {AppendTable} of @param {AppendOptions} options */
export async function appends(of, { appends, rounds, flags }) {
  /** @type {string[][]} */
  const lines = []
  for (const channels of of.channels) {
    /** @type {{ bare: Cost, ours: Cost }[]} */
    const measured = []
    for (let round = 0; round < rounds; round++) {
      const cost = (/** @type {string} */ which) => costOf(of, which, [`${channels}`, `${appends}`], flags)
      measured.push({ bare: await cost('bare'), ours: await cost('ours') })
    }
    const times = median(measured.map(({ bare, ours }) => ours.micros / bare.micros))
    for (const key of /** @type {const} */ (['bare', 'ours'])) {
      const its = (/** @type {keyof Cost} */ what) => median(measured.map((round) => round[key][what]))
      const goals = [verdict(`≤ ${goal}× bare`, times <= goal)]
      if (of.rate !== undefined) goals.push(verdict(`≥ ${of.rate}/s`, its('rate') >= of.rate))
      lines.push([
        of.names[key],
        `${channels}`,
        number(its('micros')),
        ratio(key === 'ours' ? times : 1),
        ...(of.serverName ? [number(its('server'))] : []),
        its('rate').toFixed(0),
        key === 'ours' ? goals.join('; ') : '',
      ])
    }
  }
  const server = of.serverName ? [`${of.serverName}: CPU-µs`] : []
  const note = `Appends of 128 bytes to channels that are there, 256 unanswered${of.note} Medians of ${rounds} interleaved rounds of ${appends} appends, ratios are medians of each round's ratio.`
  const heads = ['store', 'channels', 'CPU-µs per append', '× bare', ...server, 'appends/s', 'goal']
  return table(of.title, note, heads, lines)
}

/**
 * In an empty folder, and on an empty server.
 * @param {AppendTable} of @param {string} which @param {string[]} counts @param {string[]} flags @returns {Promise<Cost>}
 */
async function costOf({ kind }, which, counts, flags) {
  const engine = await engines[kind]()
  try {
    const pid = engine.pid === undefined ? [] : [`${engine.pid}`]
    const run = [...flags, program, kind, which, engine.where, ...counts, ...pid]
    const { stdout } = await promisify(execFile)(process.execPath, run)
    return JSON.parse(stdout)
  } finally {
    await engine.stop()
  }
}
