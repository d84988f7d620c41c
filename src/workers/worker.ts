/** The file that a pool's worker starts with, in a browser. */
import type { Endpoint } from './comlink.js'
import { serve } from './serve.js'

/** Nothing tells a page that its worker has closed itself; that the worker's lock is free does. */
async function holdLock(): Promise<string | undefined> {
  const { locks } = navigator
  // Only in secure contexts.
  if (!locks) return undefined
  const name = `anywire-worker-${crypto.randomUUID()}`
  await new Promise<void>((resolve, reject) => {
    const forever = new Promise<void>(() => {})
    locks
      .request(name, () => {
        resolve()
        return forever
      })
      .catch(reject)
  })
  return name
}

/** The worker's own scope; the compiler takes it for a window's. */
const scope: Endpoint = {
  postMessage: (message: unknown, transfer: Transferable[] = []) => globalThis.postMessage(message, { transfer }),
  addEventListener: globalThis.addEventListener.bind(globalThis),
  removeEventListener: globalThis.removeEventListener.bind(globalThis),
}

serve(scope, () => holdLock().catch(() => undefined))
