/** Contains the failures of one request: they end that request only. */

/**
 * Runs the work; `refuse` tells the client what it threw or rejected with, and `end` ends the connection if that fails
 * too. Throws nothing and leaves no promise without a handler.
 */
export function contained(work: () => unknown, refuse: (thrown: unknown) => void, end: () => void): void {
  const failed = (thrown: unknown) => {
    try {
      refuse(thrown)
    } catch {
      end()
    }
  }
  try {
    const done = work()
    if (done instanceof Promise) done.catch(failed)
  } catch (thrown) {
    failed(thrown)
  }
}
