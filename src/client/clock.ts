/** This machine's time. */

/** Milliseconds since 1970, finer than `Date.now`. */
export function wallMs(): number {
  return performance.timeOrigin + performance.now()
}
