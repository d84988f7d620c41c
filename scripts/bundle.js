/** Bundles what a page loads without a bundler: `dist/browser` (the client, its worker, and what both share) and comlink in `dist/workers`. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'dist', 'browser')
const entryPoints = { client: 'src/client/index.ts', worker: 'src/client/worker.ts' }

/**
 * Names and bytes of the files. The two entries have names that stay; a shared chunk has its content's hash in its name, so that an old page gets no new chunk.
 * @returns {Promise<{ name: string, contents: Uint8Array }[]>}
 */
export async function bundleClient() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: folder,
    chunkNames: 'shared-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    // Node's WebSocket, which is asked for only where there is none.
    external: ['ws'],
    write: false,
  })
  return outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }))
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
  for (const { name, contents } of files) writeFileSync(join(folder, name), contents)
  const names = new Set(files.map(({ name }) => name))
  for (const name of readdirSync(folder)) if (!names.has(name)) rmSync(join(folder, name))
  await bundleComlink()
}
