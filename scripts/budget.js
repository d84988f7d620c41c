/** Fails when what a browser loads of the package has grown past its budget. */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { bundleClient } from './bundle.js'

/** Bytes after minifying and gzip. Raise them knowingly: every page that uses the package pays. */
const budgets = {
  protocol: 2_048,
  client: 14_336,
  cache: 3_072,
  sender: 3_072,
  overPost: 1_792,
  group: 1_024,
  presence: 1_536,
  problem: 3_072,
  renewal: 512,
  schema: 512,
  transform: 512,
  front: 15_360,
}

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

const files = await bundleClient()
const sizeOfFile = (/** @type {string} */ name) => sizeOf(Buffer.from(files.get(name) ?? ''))
// What a page and its worker load, each file once; and what a worker loads as well where tabs share without a SharedWorker.
check('anywire/client, page and worker', sizeOfFile('client.js') + sizeOfFile('worker.js'), budgets.client)
check('anywire/client, cache', sizeOfFile('cache.js'), budgets.cache)
check('anywire/client, tab group', sizeOfFile('group.js'), budgets.group)
check('anywire/client, over POST', sizeOfFile('over-post.js'), budgets.overPost)
check('anywire/client, what publishes', sizeOfFile('sender.js'), budgets.sender)
check('anywire/client, presence', sizeOfFile('presence.js'), budgets.presence)
check('anywire/client, problem', sizeOfFile('problem.js'), budgets.problem)
check('anywire/client, renewal', sizeOfFile('renewal.js'), budgets.renewal)
check('anywire/client, schema', sizeOfFile('schema.js'), budgets.schema)
check('anywire/client, transform', sizeOfFile('transform.js'), budgets.transform)

// The page at `/` of `anywire serve`, beside the client that it takes from the hub.
const front = ['page.js', 'page.css', 'index.html'].map((name) => sizeOf(readFileSync(`dist/front/${name}`)))
check(
  'the page at /',
  front.reduce((sum, size) => sum + size, 0),
  budgets.front,
)
