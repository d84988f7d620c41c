/** Starts the playground or one of the examples, after building what it needs if its source has changed since. */
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The time of a file, or of the newest file in a folder, in milliseconds; 0 if there is none. */
function newest(/** @type {string} */ folder) {
  try {
    const { mtimeMs } = statSync(join(root, folder))
    if (!statSync(join(root, folder)).isDirectory()) return mtimeMs
    const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    return Math.max(0, ...files.map((file) => statSync(join(root, folder, file)).mtimeMs))
  } catch {
    return 0
  }
}

/** What the playground is built from. Its own folder holds `dist` too. */
function playgroundSources() {
  const own = ['src', 'server', 'index.html', 'build.js'].map((below) => join('playground', below))
  return [...own, 'package-lock.json']
}

if (newest('dist') < newest('src')) {
  const compiler = join('node_modules', 'typescript', 'bin', 'tsc')
  for (const step of [[compiler, '-p', 'tsconfig.build.json'], [join('scripts', 'bundle.js')]]) {
    const { status } = spawnSync(process.execPath, step, { cwd: root, stdio: 'inherit' })
    if (status !== 0) process.exit(status ?? 1)
  }
}

// What is left of the arguments is the program's.
const [name = 'playground'] = process.argv.splice(2, 1)
const isPlayground = name === 'playground'
if (isPlayground && newest('playground/dist') < Math.max(newest('dist/client'), ...playgroundSources().map(newest))) {
  console.log('building the playground: this takes some seconds, and only when a source has changed …')
  const { buildPlayground } = await import('../playground/build.js')
  await buildPlayground()
}

// npm passes a SIGTERM to the shell between us, which ends without telling: whoever has lost that parent is to end too.
if (process.env.npm_lifecycle_event) {
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 250)
  watch.unref()
}

try {
  const file = isPlayground ? join('playground', 'dist', 'server.js') : join('examples', name, 'server.js')
  await import(pathToFileURL(join(root, file)).href)
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`)
  process.exit(1)
}
