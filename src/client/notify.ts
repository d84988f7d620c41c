/** Calls what the application has given to be told of something. */

/** What it throws is reported as an error of the page, in Node on the console: it stops neither the client nor the other listeners. */
export function notify<Args extends unknown[]>(
  listener: ((...args: Args) => unknown) | undefined,
  ...args: Args
): void {
  try {
    listener?.(...args)
  } catch (thrown) {
    const report = globalThis.reportError ?? console.error
    report(thrown)
  }
}
