/** A core in this thread, loaded when it is needed. The one file for pages has `core.ts` in its place. */
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
