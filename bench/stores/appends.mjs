/** What the measured appends to a store have in common. */

export const inFlight = 256
export const data = Buffer.alloc(128, 'x')
export const config = {
  contentType: 'text/plain',
  evictable: false,
  retain: { messages: null, bytes: null, ageMs: null },
}

/** So many under way at a time. @param {number} count @param {(index: number) => Promise<unknown>} one */
export async function all(count, one) {
  let index = 0
  const lane = async () => {
    while (index < count) await one(index++)
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
}
