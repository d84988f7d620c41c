/** Workers of Node: node:worker_threads. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { nodeEndpoint } from './node-endpoint.js'
import type { Platform } from './platform.js'

export const node: Platform = {
  cores: availableParallelism,
  base: () => undefined,
  after(ms, call) {
    const timer = setTimeout(call, ms).unref()
    return () => clearTimeout(timer)
  },
  start(died) {
    const worker = new Worker(new URL('./node-worker.js', import.meta.url), { name: 'anywire-worker' })
    worker.on('error', died)
    worker.on('messageerror', died)
    worker.on('exit', (code) => died(new Error(`the worker ended itself with exit code ${code}`)))
    return {
      endpoint: nodeEndpoint(worker),
      holds: () => {},
      busy: (busy) => (busy ? worker.ref() : worker.unref()),
      end: () => void worker.terminate(),
    }
  },
}
