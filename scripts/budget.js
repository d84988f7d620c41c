/** Fails when what a browser loads of the package has grown past its budget. */
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { bundleClient } from './bundle.js'

/** Bytes after minifying and gzip. Raise them knowingly: every page that uses the package pays. */
const budgets = { protocol: 7_600, client: 17_408 }

const sizeOf = (/** @type {Uint8Array} */ contents) => gzipSync(contents, { level: 9 }).length

function check(/** @type {string} */ what, /** @type {number} */ size, /** @type {number} */ budget) {
  console.log(`${what}: ${size} of ${budget} bytes (minified, gzip)`)
  if (size > budget) process.exitCode = 1
}

const { outputFiles } = await build({
  entryPoints: ['src/protocol/index.ts'],
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  write: false,
})
check('anywire/protocol', sizeOf(outputFiles[0]?.contents ?? new Uint8Array()), budgets.protocol)

/** What a page and its worker load, each file once. */
const files = [...(await bundleClient()).values()].map((text) => sizeOf(Buffer.from(text)))
const whole = files.reduce((sum, size) => sum + size, 0)
check('anywire/client, page and worker', whole, budgets.client)
