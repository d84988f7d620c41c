/** Calls a function that the application gave to be notified. */

/**
 * What it throws, or rejects with, is reported as an error of the page, in Node on the console: it stops neither the
 * client nor other listeners.
 */
export async function notify<Args extends unknown[]>(
  listener: ((...args: Args) => unknown) | undefined,
  ...args: Args
): Promise<void> {
  try {
    await listener?.(...args)
  } catch (thrown) {
    const report = globalThis.reportError ?? console.error
    report(thrown)
  }
}
