/** `npm run mutants [subjects or parts of names]`: breaks a copy of the repository in one place after the other, and says whether the tests notice. */
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import { mutants } from './list.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const copied = [
  'src',
  'test',
  'playground',
  'create-anywire',
  'scripts',
  'deploy',
  'docs',
  'package.json',
  'vitest.config.ts',
]
const settings = ['tsconfig.json', 'tsconfig.build.json']
/**
 * A mutant that keeps a test, or all of its tests, busy for as long has been noticed: they would never end. What starts
 * a built program takes half a minute on a busy machine.
 */
const testMs = 60_000
const patienceMs = 300_000

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
for (const one of [...copied, ...settings]) cpSync(join(root, one), join(copy, one), { recursive: true })
// Whoever imports `anywire` by its name means the copy.
mkdirSync(join(copy, 'node_modules'))
for (const name of readdirSync(join(root, 'node_modules'))) {
  const target = name === 'anywire' ? copy : join(root, 'node_modules', name)
  if (!name.startsWith('.vite')) symlinkSync(target, join(copy, 'node_modules', name))
}

/** Processes and pages run what is built: tests that start them would see nothing of a mutant otherwise. */
build('npm', ['run', 'build'])

/** @param {string} program @param {readonly string[]} args */
function build(program, args) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: copy, encoding: 'utf8' })
  if (status !== 0) throw new Error(`The copy could not be built: ${stdout}${stderr}`)
}

/** Writes a file of the copy, and builds anew what is made of it. @param {string} file @param {string} code */
function write(file, code) {
  writeFileSync(join(copy, file), code)
  if (/^src\/.*\.ts$/.test(file)) {
    const built = file.replace(/^src/, 'dist').replace(/\.ts$/, '.js')
    writeFileSync(join(copy, built), transformSync(code, { loader: 'ts', format: 'esm', target: 'es2023' }).code)
  }
  if (/^src\/(client|protocol|workers)\//.test(file)) build('node', ['scripts/bundle.js'])
  if (file.startsWith('playground/src/')) build('node', ['scripts/bundle-dashboard.js'])
}

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
  const code = readFileSync(join(copy, file), 'utf8')
  if (code.split(search).length !== 2) {
    console.error(`${JSON.stringify(search)} does not occur exactly once in ${file}: mend the mutant "${name}".`)
    process.exit(1)
  }
  write(
    file,
    code.replace(search, () => replace),
  )
  const { passed } = await run(tests, patienceMs, [`--testTimeout=${testMs}`])
  write(file, code)
  if (passed) survived++
  console.log(`${passed ? 'SURVIVED' : 'caught  '}  ${name}`)
}
console.log(`${chosen.length - survived} caught, ${survived} survived`)
process.exitCode = survived === 0 ? 0 : 1
