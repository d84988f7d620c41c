/** What an AbortSignal ends. */

/** Calls `act` when the signal is aborted, which it may be already, until `over` is. */
export function whenAborted(signal: AbortSignal | undefined, act: () => void, over?: AbortSignal): void {
  if (signal?.aborted) act()
  signal?.addEventListener('abort', act, { once: true, ...(over && { signal: over }) })
}
