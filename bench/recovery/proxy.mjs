/** The playground's fault proxy, and the tests' chance, built on the way in: Node 20 reads no TypeScript. */
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const { outputFiles } = await build({
  stdin: {
    contents: `export { FaultProxy } from '../playground/server/faults/proxy.ts'; export { Random } from './hostile/random.ts'`,
    resolveDir: fileURLToPath(new URL('../../test', import.meta.url)),
  },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  write: false,
})
const source = Buffer.from(outputFiles[0].contents).toString('base64')

/** @type {typeof import('../../playground/server/faults/proxy.js') & typeof import('../../test/hostile/random.js')} */
export const { FaultProxy, Random } = await import(`data:text/javascript;base64,${source}`)

/** @typedef {import('../../playground/server/faults/proxy.js').FaultProxy} Proxy */
/** @typedef {import('../../test/hostile/random.js').Random} Chance */
