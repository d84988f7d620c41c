/** When an HTTP answer is over for the one who waits for it. */
import type { ServerResponse } from 'node:http'

/** Calls `over` when the client is gone or the answer has been sent: 'close' comes in both cases. It may have come already. */
export function watchEnd(response: ServerResponse, over: () => void): void {
  response.on('close', over)
  response.on('error', over)
  if (response.closed) queueMicrotask(over)
}
