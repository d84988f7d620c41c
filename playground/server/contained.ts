/** What one request does ends at most its own connection: the process goes on. */
import type { Duplex } from 'node:stream'

/** Does the work of a request, or of an upgrade; if it throws or rejects, the socket is destroyed. */
export function contained(socket: Duplex, work: () => unknown): void {
  const failed = (thrown: unknown) => {
    // A client that has left explains the failure.
    if (!socket.destroyed) console.error(thrown)
    socket.destroy()
  }
  try {
    Promise.resolve(work()).catch(failed)
  } catch (thrown) {
    failed(thrown)
  }
}
