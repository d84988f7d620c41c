/** Fails when what a browser loads from `anywire/protocol` has grown past its budget. */
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** Bytes after minifying and gzip. Raise it knowingly: every page that uses the package pays. */
const budget = 6_900

const { outputFiles } = await build({
  entryPoints: ['src/protocol/index.ts'],
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  write: false,
})
const size = gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length

console.log(`anywire/protocol: ${size} of ${budget} bytes (minified, gzip)`)
if (size > budget) process.exitCode = 1
