/** Runs in the worker where messages arrive: to each candle of an instrument it adds a moving average and the bands around it (Bollinger's). */

/** @typedef {import('../../server/ticker.js').Candle} Candle */
/** @typedef {Candle & { average: number, upper: number, lower: number }} Banded */

const span = 20

/** @type {import('anywire/client').CreateTransform} */
export default function createBands() {
  const closes = /** @type {number[]} */ ([])
  return (message) => {
    const candle = /** @type {Candle} */ (message.data)
    closes.push(candle.close)
    if (closes.length > span) closes.shift()
    const average = closes.reduce((sum, close) => sum + close, 0) / closes.length
    const width = 2 * Math.sqrt(closes.reduce((sum, close) => sum + (close - average) ** 2, 0) / closes.length)
    return { ...candle, average, upper: average + width, lower: average - width }
  }
}
