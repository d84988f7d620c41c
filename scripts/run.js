/** Starts one of the examples, after building the package it imports if its source has changed since. */
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The time of the newest file in `folder`, in milliseconds; 0 if there is no such folder. */
function newest(/** @type {string} */ folder) {
  try {
    const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    return Math.max(0, ...files.map((file) => statSync(join(root, folder, file)).mtimeMs))
  } catch {
    return 0
  }
}

if (newest('dist') < newest('src')) {
  const compiler = join('node_modules', 'typescript', 'bin', 'tsc')
  for (const step of [[compiler, '-p', 'tsconfig.build.json'], [join('scripts', 'bundle.js')]]) {
    const { status } = spawnSync(process.execPath, step, { cwd: root, stdio: 'inherit' })
    if (status !== 0) process.exit(status ?? 1)
  }
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

// What is left of the arguments is the example's.
const [example = 'system'] = process.argv.splice(2, 1)
try {
  await import(pathToFileURL(join(root, 'examples', example, 'server.js')).href)
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`)
  process.exit(1)
}
