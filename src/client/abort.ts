/** What an AbortSignal ends. */

/** Calls `act` when the signal is aborted, which it may be already. */
export function whenAborted(signal: AbortSignal | undefined, act: () => void): void {
  if (signal?.aborted) act()
  signal?.addEventListener('abort', act, { once: true })
}
