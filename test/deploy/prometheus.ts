/** Prometheus from Debian: one that watches an internal port, and its tool. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { freePort } from '../support/free-port.js'

/** Runs `promtool`, and answers what it printed. It throws with it where it finds a fault. */
export function promtool(...args: readonly string[]): string {
  return execFileSync('promtool', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Scrapes `port` once a second, as the job `anywire`. The answer asks it: how many series a query has, or why it has none. */
export async function startPrometheus(port: number): Promise<(query: string) => Promise<number | string>> {
  const folder = mkdtempSync(join(tmpdir(), 'anywire-prometheus-'))
  const own = await freePort()
  const targets = [{ targets: [`127.0.0.1:${port}`] }]
  const jobs = [{ job_name: 'anywire', scrape_interval: '1s', static_configs: targets }]
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify({ scrape_configs: jobs }))
  const where = [`--web.listen-address=127.0.0.1:${own}`, `--storage.tsdb.path=${join(folder, 'data')}`]
  const child = spawn('prometheus', [`--config.file=${join(folder, 'prometheus.yml')}`, ...where], { stdio: 'ignore' })
  const exited = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
    rmSync(folder, { recursive: true, force: true })
  })
  return async (query) => {
    try {
      const answer = await fetch(`http://127.0.0.1:${own}/api/v1/query?query=${encodeURIComponent(query)}`)
      const { data, error } = (await answer.json()) as { data?: { result: readonly unknown[] }; error?: string }
      return data ? data.result.length : String(error)
    } catch (error) {
      return String(error)
    }
  }
}
