/** How long to wait before trying again. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { AnywireError } from '../protocol/index.js'

const firstMs = 500
const mostMs = 30_000

/**
 * Full jitter: anything up to a bound that doubles with each failure, so that those who were cut off together do not
 * come back together.
 */
export function backoffMs(failures: number, random = Math.random): number {
  return Math.round(random() * Math.min(mostMs, firstMs * 2 ** failures))
}

/** Waits as long as the server asked, or else a backoff. Rejects when `signal` aborts. */
export async function pause(failures: number, error: AnywireError, signal?: AbortSignal): Promise<void> {
  await sleep(error.details.retryMs ?? backoffMs(failures), undefined, signal ? { signal } : {})
}
