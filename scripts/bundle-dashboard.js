/** Bundles the dashboard of the internal port into `dist/admin/dashboard`: what `src/admin/dashboard.ts` serves. */
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = join(root, 'playground', 'src', 'admin')
const folder = join(root, 'dist', 'admin', 'dashboard')

mkdirSync(folder, { recursive: true })
await build({
  absWorkingDir: root,
  entryPoints: { app: join(source, 'main.tsx') },
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
