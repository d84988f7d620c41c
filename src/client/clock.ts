/** Time: this machine's, and what the server's is ahead of it. */

/** Milliseconds since 1970, finer than `Date.now`. */
export function wallMs(): number {
  return performance.timeOrigin + performance.now()
}

/** How far the server's clock is ahead, if it said `serverMicros` in the middle of a round trip that ended now. */
export function aheadOf(serverMicros: number, roundTripMs: number): number {
  return serverMicros / 1000 - (wallMs() - roundTripMs / 2)
}
