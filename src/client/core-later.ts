/** A core in this thread whose code is loaded when there is need of it: most pages have theirs in a worker. The one file for pages without a bundler has `core.ts` in its place. */
import type { Core } from './core.js'
import type { CoreOptions } from './port.js'

export function createCore(options: CoreOptions): Core {
  const loading = import('./core.js').then(({ createCore }) => createCore(options))
  return {
    attach(port) {
      const attached = loading.then((core) => core.attach(port))
      return (message) => void attached.then((take) => take(message))
    },
    close: () => void loading.then((core) => core.close()),
  }
}
