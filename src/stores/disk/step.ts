/** How far a *when* is set beyond the one before it: 1 to 1,000 µs, so that no other log mints the same. */
export const step = (): number => 1 + Math.floor(Math.random() * 1_000)
