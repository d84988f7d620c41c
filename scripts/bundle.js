/** Bundles what a page loads without a bundler: `dist/browser` (the client as one file, and its worker, which is the same file) and comlink in `dist/workers`. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { minify } from 'terser'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'dist', 'browser')

/** A page and its workers load one file once: gzip finds most in it. `serve` is what the worker does. */
const whole = `export * from './index.js'
export { serve } from './tabs/serve.js'`
const worker = "import{serve}from'./client.js';serve()"

/** What is loaded later where a bundler splits is there at once in one file. */
const together = {
  name: 'together',
  setup(/** @type {import('esbuild').PluginBuild} */ { onResolve }) {
    onResolve({ filter: /\/core-later\.js$/ }, ({ resolveDir }) => ({ path: join(resolveDir, 'core.ts') }))
  },
}

/** @returns {Promise<Map<string, string>>} the text of each file by its name */
export async function bundleClient() {
  const { outputFiles } = await build({
    stdin: { contents: whole, resolveDir: join(root, 'src', 'client') },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    // Node's WebSocket, which is asked for only where there is none.
    external: ['ws'],
    plugins: [together],
    write: false,
  })
  // Names that are the same from function to function are worth 6 % after gzip.
  const compress = { passes: 3, unsafe_arrows: true, pure_getters: true }
  const { code = '' } = await minify(outputFiles[0]?.text ?? '', { module: true, ecma: 2020, compress })
  return new Map([
    ['client.js', code],
    ['worker.js', worker],
  ])
}

/** Puts comlink into the one file that takes from it, for workers without a bundler: they know no import map. */
async function bundleComlink() {
  const file = join(root, 'dist', 'workers', 'comlink.js')
  await build({
    absWorkingDir: root,
    entryPoints: [file],
    outfile: file,
    allowOverwrite: true,
    bundle: true,
    format: 'esm',
    target: 'es2022',
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = await bundleClient()
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of files) writeFileSync(join(folder, name), text)
  for (const name of readdirSync(folder)) if (!files.has(name)) rmSync(join(folder, name))
  await bundleComlink()
}
