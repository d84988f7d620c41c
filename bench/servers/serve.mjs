/** `anywire serve` as processes of its own: how many it has, and what CPU they use together. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** @typedef {{ port: number, cpuUs: () => number, stop: () => Promise<void> }} Serving */

/** With `disk()` in a folder of its own, and no limits that a crowd of one machine would meet. @param {number} workers @param {string[]} [flags] of Node @returns {Promise<Serving>} */
export async function serve(workers, flags = []) {
  const folder = mkdtempSync(join(tmpdir(), 'anywire-bench-'))
  const limits = { connectionsPerAddress: null, publishesPerSecond: null, publishesPerSecondPerAddress: null }
  writeFileSync(join(folder, 'anywire.config.json'), JSON.stringify({ limits }))
  const args = [...flags, main, 'serve', '--port', '0', '--store', `disk:${join(folder, 'data')}`]
  const child = spawn(process.execPath, [...args, '--workers', String(workers)], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const [line] = await once(createInterface(child.stdout), 'line')
  const port = Number(/:(\d+)/.exec(String(line))?.[1])
  child.stdout.resume()
  const { pid = 0 } = child
  while (childrenOf(pid).length < workers) await new Promise((resolve) => setTimeout(resolve, 50))
  return {
    port,
    cpuUs: () => [pid, ...childrenOf(pid)].reduce((sum, one) => sum + cpuOf(one), 0),
    async stop() {
      child.kill('SIGINT')
      child.kill('SIGINT')
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** @param {number} pid */
function childrenOf(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number)
}

/** Of all threads that there are, in microseconds. @param {number} pid */
function cpuOf(pid) {
  const tasks = readdirSync(`/proc/${pid}/task`)
  const nanos = tasks.map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1').split(' ')[0]))
  return nanos.reduce((sum, each) => sum + each, 0) / 1_000
}
