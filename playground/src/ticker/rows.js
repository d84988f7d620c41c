/**
 * Runs in the worker where messages arrive: keeps the newest of every row with its indicators, and tells the page once for each batch what
 * has changed. It has no imports, so that it is loaded as it stands here.
 */

/** @typedef {import('../../server/ticker.js').Price} Price */
/** @typedef {{ index: number, price: number, change: number, average: number, gain: number, loss: number }} Row */
/**
 * What the page gets: the nth entry of each list belongs to the nth row named in `rows`.
 * @typedef {object} Frame
 * @property {readonly string[] | undefined} symbols All names by index, when there are new ones.
 * @property {Uint16Array} rows
 * @property {Float64Array} prices
 * @property {Float32Array} changes
 * @property {Float32Array} averages Exponential, over about forty updates.
 * @property {Float32Array} strengths Relative strength: 0 to 100.
 * @property {number} messages How many have come since the last frame.
 * @property {number} number The newest update's.
 */

const weight = 0.05

/** @type {import('anywire/client').CreateTransform} */
export default function createRows() {
  const known = /** @type {Map<string, Row>} */ (new Map())
  const changed = /** @type {Set<Row>} */ (new Set())
  let told = 0
  let messages = 0

  return (message) => {
    const price = /** @type {Price} */ (message.data)
    messages++
    changed.add(followed(price))
    // Between batches nobody is told, and nothing is told twice.
    if (!price.last) return undefined
    const rows = [...changed]
    const symbols = known.size > told ? [...known.keys()] : undefined
    const frame = frameOf(rows, symbols, messages, price.number)
    told = known.size
    messages = 0
    changed.clear()
    return frame
  }

  /** @param {Price} update */
  function followed({ symbol, price, change }) {
    let row = known.get(symbol)
    if (!row) {
      row = { index: known.size, price, change, average: price, gain: 0, loss: 0 }
      known.set(symbol, row)
    }
    const step = price - row.price
    row.gain += weight * (Math.max(0, step) - row.gain)
    row.loss += weight * (Math.max(0, -step) - row.loss)
    row.average += weight * (price - row.average)
    row.price = price
    row.change = change
    return row
  }
}

/**
 * @param {readonly Row[]} rows
 * @param {readonly string[] | undefined} symbols
 * @param {number} messages
 * @param {number} number
 * @returns {Frame}
 */
function frameOf(rows, symbols, messages, number) {
  return {
    symbols,
    rows: Uint16Array.from(rows, ({ index }) => index),
    prices: Float64Array.from(rows, ({ price }) => price),
    changes: Float32Array.from(rows, ({ change }) => change),
    averages: Float32Array.from(rows, ({ average }) => average),
    strengths: Float32Array.from(rows, ({ gain, loss }) => (gain + loss > 0 ? (100 * gain) / (gain + loss) : 50)),
    messages,
    number,
  }
}
