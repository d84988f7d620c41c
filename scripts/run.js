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
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}

await import(pathToFileURL(join(root, 'examples', process.argv[2] ?? '', 'server.js')).href)
