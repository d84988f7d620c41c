/** What an append to the Redis store costs beside a script of its own for each append, each in processes of their own. */
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { median, number, ratio, table, verdict } from '../table.mjs'

const program = fileURLToPath(new URL('../stores/redis-append.mjs', import.meta.url))
const names = { bare: 'bare Lua call of `@redis/client`', redis: '**Anywire** `redis()`' }
const goal = 1.3

/** @typedef {{ micros: number, server: number, rate: number }} Cost */

/** @param {{ appends: number, rounds: number, flags: string[] }} options */
export async function redis({ appends, rounds, flags }) {
  /** @type {string[][]} */
  const lines = []
  for (const channels of [1, 10_000]) {
    /** @type {{ bare: Cost, redis: Cost }[]} */
    const measured = []
    for (let round = 0; round < rounds; round++) {
      measured.push({
        bare: await cost('bare', channels, appends, flags),
        redis: await cost('redis', channels, appends, flags),
      })
    }
    const times = median(measured.map(({ bare, redis }) => redis.micros / bare.micros))
    for (const key of /** @type {const} */ (['bare', 'redis'])) {
      const of = (/** @type {keyof Cost} */ what) => median(measured.map((round) => round[key][what]))
      const beside = ratio(key === 'redis' ? times : 1)
      const reached = key === 'redis' ? verdict(`≤ ${goal}× bare`, times <= goal) : ''
      lines.push([
        names[key],
        `${channels}`,
        number(of('micros')),
        beside,
        number(of('server')),
        of('rate').toFixed(0),
        reached,
      ])
    }
  }
  const note = `Appends of 128 bytes to channels that are there, 256 unanswered, to a Redis that writes nothing to the disk. CPU of the Node process, and of Redis; medians of ${rounds} interleaved rounds of ${appends} appends, ratios are medians of each round's ratio. The bare call checks a flag, counts, adds and publishes, for each append by itself.`
  const heads = ['store', 'channels', 'CPU-µs per append', '× bare', 'Redis: CPU-µs', 'appends/s', 'goal']
  return table('Redis store', note, heads, lines)
}

/** Each on an empty Redis. @param {string} which @param {number} channels @param {number} appends @param {string[]} flags @returns {Promise<Cost>} */
async function cost(which, channels, appends, flags) {
  const folder = mkdtempSync(join(tmpdir(), 'anywire-bench-'))
  const port = await freePort()
  const where = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder]
  const server = spawn('redis-server', [...where, '--save', '', '--appendonly', 'no'], { stdio: 'ignore' })
  try {
    await sleep(300)
    const args = [...flags, program, which, `${port}`, `${channels}`, `${appends}`]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    return JSON.parse(stdout)
  } finally {
    server.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
      server.close(() => resolve(port))
    })
  })
}
