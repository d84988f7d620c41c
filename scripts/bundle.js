/**
 * Bundles what a page loads without a bundler: `dist/browser` (the client as one file, its worker, which is the same
 * file, and the tab group) and comlink in `dist/workers`.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { minify } from 'terser'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'dist', 'browser')

/**
 * A page and its workers load one file once: gzip finds most in it. `serve` is what the worker does; the rest is what
 * the group is made of.
 */
const whole = `export * from './index.js'
export { serve } from './tabs/serve.js'
export { createCore } from './core.js'
export { deliver } from './tabs/deliver.js'
export { createHost } from './tabs/host.js'
export { freshName } from './tabs/line.js'
export { askedMs, late, pause, within } from './deadline.js'
export { problemOf } from './item.js'
export { createWork } from './work.js'
export { hold, whenGone } from './tabs/locks.js'
export { AnywireError } from '../protocol/error.js'
export { batchMicrotask } from './batch.js'
export { notify } from './notify.js'
export { HeldPublish } from './publish.js'
export { changes, readingOf } from './link.js'
export { AnyLink } from './links/any-link.js'
export { LinkLanes } from './links/lanes.js'
export { errorOf, framesOf, post } from './links/post.js'
export { watch } from './liveness.js'`
const worker = "import{serve}from'./client.js';serve()"

/**
 * What is loaded later where a bundler splits is there at once in one file. But for the tab group: only where there is no
 * SharedWorker, a worker has need of it.
 */
const together = {
  name: 'together',
  setup(/** @type {import('esbuild').PluginBuild} */ { onResolve, onLoad }) {
    onResolve({ filter: /\/core-later\.js$/ }, ({ resolveDir }) => ({ path: join(resolveDir, 'core.ts') }))
    onLoad({ filter: /\/web-socket-class\.ts$/ }, () => ({ contents: 'export const webSocketClass = () => WebSocket' }))
    onLoad({ filter: /\/tabs\/group\.ts$/ }, () => ({
      contents: `export const joinGroup = async (...of) => (await import('./group.js')).joinGroup(...of)`,
    }))
    onResolve(
      { filter: /^\.\/(cache|group|over-post|presence|problem|renewal|schema|sender|transform)\.js$/ },
      ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : undefined),
    )
  },
}

/** What the tab group has in common with the client it takes from there. */
const apart = {
  name: 'apart',
  setup(/** @type {import('esbuild').PluginBuild} */ { onResolve }) {
    const common =
      /\/(core|deliver|host|line|locks|deadline|item|work|batch|error|notify|publish|link|any-link|lanes|post|liveness)\.js$/
    onResolve({ filter: common }, () => ({ path: './client.js', external: true }))
  },
}

/** Names that are the same from function to function are worth 6 % after gzip. */
const compress = { passes: 3, unsafe_arrows: true, pure_getters: true, hoist_funs: true }

/** @type {(contents: string, plugin: import('esbuild').Plugin) => Promise<string>} */
async function bundled(contents, plugin) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: join(root, 'src', 'client') },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    define: { 'Number.POSITIVE_INFINITY': 'Infinity' },
    plugins: [plugin],
    write: false,
  })
  const { code = '' } = await minify(outputFiles[0]?.text ?? '', { module: true, ecma: 2020, compress })
  return code
}

/** @returns {Promise<Map<string, string>>} the text of each file by its name */
export async function bundleClient() {
  return new Map([
    ['client.js', await bundled(whole, together)],
    ['worker.js', worker],
    ['cache.js', await bundled(`export { openCache } from './cache.js'`, apart)],
    ['group.js', await bundled(`export { joinGroup } from './tabs/group.js'`, apart)],
    ['over-post.js', await bundled(`export { OverPost } from './links/over-post.js'`, apart)],
    ['presence.js', await bundled(`export { openPresence } from './presence.js'`, apart)],
    ['problem.js', await bundled(`export { explain } from './problem.js'`, apart)],
    ['renewal.js', await bundled(`export { Renewal } from './renewal.js'`, apart)],
    ['schema.js', await bundled(`export { checked } from './schema.js'`, apart)],
    ['sender.js', await bundled(`export { Sender } from './sender.js'`, apart)],
    ['transform.js', await bundled(`export { transformed } from './transform.js'`, apart)],
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
