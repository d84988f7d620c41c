/**
 * Bundles pages of the playground's parts: the dashboard of the internal port into `dist/admin/dashboard`, and the page
 * at `/` of `anywire serve` into `dist/front`.
 */
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The folder of a page's source, what its files are called, and where they go. @type {[string, string, string][]} */
const pages = [
  ['admin', 'app', join('dist', 'admin', 'dashboard')],
  ['front', 'page', join('dist', 'front')],
]

for (const [name, file, to] of pages) {
  const source = join(root, 'playground', 'src', name)
  const folder = join(root, to)
  mkdirSync(folder, { recursive: true })
  await build({
    absWorkingDir: root,
    entryPoints: { [file]: join(source, 'main.tsx') },
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'eof',
  })
  copyFileSync(join(source, 'index.html'), join(folder, 'index.html'))
  copyFileSync(join(root, 'playground', 'public', 'icon.svg'), join(folder, 'icon.svg'))
}
