/** The headers that Anywire answers with, for the bare servers that are measured beside it. */

const security = [
  ...['X-Content-Type-Options', 'nosniff'],
  ...['Content-Security-Policy', "sandbox; default-src 'none'"],
  ...['Cross-Origin-Resource-Policy', 'same-origin'],
]
/** @param {number} number of a message */
const offset = (number) => `1796050900185713_${String(number).padStart(16, '0')}`
const place = ['Stream-Next-Offset', offset(1)]

/** Of the answer to a POST. */
export const posted = ['Cache-Control', 'no-store', ...place, ...security]

/** Of a page. @param {number} bytes */
export const paged = (bytes) => [
  ...['Content-Type', 'application/json', ...place, 'Stream-Up-To-Date', 'true'],
  ...['ETag', '"1796050900185000_0000000000000000-1796050900185713_0000000000000001:u"'],
  ...['Cache-Control', 'no-cache', 'Vary', 'Accept', 'Content-Length', String(bytes), ...security],
]

/** Of the answer to a long poll. @param {number} bytes @param {number} [number] of the last message */
export const polled = (bytes, number = 1) => [
  ...['Content-Type', 'application/json', 'Stream-Next-Offset', offset(number), 'Stream-Up-To-Date', 'true'],
  ...['Cache-Control', 'private, max-age=60, stale-while-revalidate=300', 'Stream-Cursor', '1796050900'],
  ...['Content-Length', String(bytes), ...security],
]
