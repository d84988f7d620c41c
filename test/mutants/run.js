/** `npm run mutants [subjects or parts of names]`: breaks a copy of the repository in one place after the other, and says whether the tests notice. */
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mutants } from './list.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const copied = ['src', 'test', 'playground', 'package.json', 'tsconfig.json', 'vitest.config.ts']
/** A mutant that keeps a test, or all of its tests, busy for as long has been noticed: they would never end. */
const testMs = 10_000
const patienceMs = 60_000

const wanted = process.argv.slice(2)
const subjects = new Set(mutants.map(({ subject }) => subject))
const chosen = mutants.filter(
  ({ subject, name }) =>
    wanted.length === 0 || wanted.some((one) => (subjects.has(one) ? subject === one : name.includes(one))),
)
const copy = mkdtempSync(join(tmpdir(), 'anywire-mutants-'))
/** @type {number | undefined} The tests under way, which have a process group of their own. */
let running
process.on('exit', () => {
  if (running !== undefined) process.kill(-running, 'SIGKILL')
  rmSync(copy, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
for (const one of copied) cpSync(join(root, one), join(copy, one), { recursive: true })
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))

/**
 * Runs test files in the copy.
 * @param {readonly string[]} tests
 * @param {number} withinMs
 * @param {readonly string[]} more arguments of Vitest
 * @returns {Promise<{ passed: boolean, output: string }>}
 */
function run(tests, withinMs, more = []) {
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--bail=1', ...more, ...tests]
  const env = { ...process.env, NO_COLOR: '1', TEST_RUNS: '40' }
  const child = spawn(process.execPath, args, { cwd: copy, env, detached: true })
  running = child.pid
  let output = ''
  child.stdout.on('data', (bytes) => {
    output += bytes
  })
  child.stderr.on('data', (bytes) => {
    output += bytes
  })
  const timer = setTimeout(() => running !== undefined && process.kill(-running, 'SIGKILL'), withinMs)
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(timer)
      running = undefined
      resolve({ passed: code === 0, output })
    })
  })
}

const sound = await run([...new Set(chosen.flatMap(({ tests }) => tests))], 4 * patienceMs)
if (!sound.passed) {
  console.error(`The tests fail on the code as it is; mend that first.\n${sound.output}`)
  process.exit(1)
}

let survived = 0
for (const { name, file, search, replace, tests } of chosen) {
  const path = join(copy, file)
  const code = readFileSync(path, 'utf8')
  if (code.split(search).length !== 2) {
    console.error(`${JSON.stringify(search)} does not occur exactly once in ${file}: mend the mutant "${name}".`)
    process.exit(1)
  }
  writeFileSync(
    path,
    code.replace(search, () => replace),
  )
  const { passed } = await run(tests, patienceMs, [`--testTimeout=${testMs}`])
  writeFileSync(path, code)
  if (passed) survived++
  console.log(`${passed ? 'SURVIVED' : 'caught  '}  ${name}`)
}
console.log(`${chosen.length - survived} caught, ${survived} survived`)
process.exitCode = survived === 0 ? 0 : 1
