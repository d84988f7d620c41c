/** `npm run chaos [-- files]`: the tests of stores and clusters with many more faults, and a table for bench/RESULTS.md. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** What tests are told; each can be set outside. Ten minutes of publishing behind each proxy. */
const faults = {
  TEST_SEED: String(Math.floor(Math.random() * 100_000)),
  TEST_KILLS: '100',
  TEST_FAULTS: '100',
  TEST_ROUNDS: '10',
  TEST_FREEZE_MS: '6000',
  TEST_CLUSTER_READERS: '1000',
  TEST_CLUSTER_MESSAGES: '3000',
  TEST_CLUSTER_EVERY_MS: '200',
}

/** Tests that take longer than this have a row. */
const longMs = 5_000

/** @type {NodeJS.ProcessEnv} */
const env = { ...faults, ...process.env }
const told = Object.keys(faults).map((name) => `${name}=${env[name]}`)
console.log(told.join(' '))

run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'])
const folder = mkdtempSync(join(tmpdir(), 'anywire-chaos-'))
const report = join(folder, 'report.json')
const asked = process.argv.slice(2)
const files = asked.length > 0 ? asked : ['test/stores', 'test/cluster']
// One file at a time: each has the machine for itself.
const options = ['--no-file-parallelism', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
const { status } = run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...options, ...files])
const table = tableOf(JSON.parse(readFileSync(report, 'utf8')))
rmSync(folder, { recursive: true, force: true })
writeFileSync(join(root, 'bench', 'chaos.md'), table)
console.log(`\n${table}\nThis table stands in bench/chaos.md too.`)
process.exitCode = status ?? 1

/** @param {string} file @param {readonly string[]} args */
function run(file, args) {
  return spawnSync(file, args, { cwd: root, stdio: 'inherit', env })
}

/**
 * @param {{ numPassedTests: number, numFailedTests: number, testResults: readonly { name: string,
 *   assertionResults: readonly { fullName: string, status: string, duration?: number }[] }[] }} results of vitest
 */
function tableOf({ numPassedTests, numFailedTests, testResults }) {
  const rows = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status, duration = 0 }) => status === 'failed' || duration > longMs)
      .map(({ fullName, status, duration = 0 }) => {
        const seconds = Math.round(duration / 1_000)
        return `| ${fullName.trim()} | \`${name.slice(root.length + 1)}\` | ${seconds} | ${status} |`
      }),
  )
  const load = loadavg().map((one) => one.toFixed(1))
  return `Node ${process.version}, ${cpus().length} cores, load ${load.join(', ')} at the end: \
${numPassedTests} passed, ${numFailedTests} failed. ${told.map((one) => `\`${one}\``).join(' ')}

| fact | file | seconds | |
| --- | --- | ---: | --- |
${rows.join('\n')}
`
}
