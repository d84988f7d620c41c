/** What the compression table sends: prices as JSON, the same for every server, and the message that says that all has been sent. */

/** Stands in a message too small to be compressed. */
export const endMark = '@@the end@@'

/** Numbers that look random and are the same each time. @param {number} seed */
function random(seed) {
  let state = seed + 1
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** So many messages of about so many bytes, numbered from `first`. @param {number} bytes @param {number} count @param {number} first */
export function story(bytes, count, first) {
  const next = random(first)
  const price = () => Math.round(next() * 50_000) / 100
  const quote = () => ({
    symbol: ['AAPL', 'MSFT', 'GOOG', 'AMZN', 'TSLA'][Math.floor(next() * 5)],
    price: price(),
    bid: price(),
    volume: Math.floor(next() * 1e6),
    time: 1_790_000_000_000 + Math.floor(next() * 1e9),
    venue: 'XNAS',
  })
  return Array.from({ length: count }, (_, i) => {
    const message = { n: first + i, ...quote(), more: /** @type {unknown[]} */ ([]) }
    while (JSON.stringify(message).length < bytes - 40) message.more.push(quote())
    return message
  })
}
