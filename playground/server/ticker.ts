/** Ticker: 500 instruments and 10,000 updates a second in one channel, a key for each row. */
import { AnywireError, type Hub } from 'anywire'
import { fieldsOf } from './fields.js'
import { type Candle, candleSeconds, Market, type Update } from './market.js'
import type { Scenario } from './scenario.js'

export type { Candle } from './market.js'

export interface Price extends Update {
  /** The last of those that were published together: a good moment to show what came. */
  readonly last?: true
}

const perSecond = 10_000
const turnMs = 50
const market = new Market(2026, 500)
/** Instruments whose candles somebody has asked for. */
const watched = new Set<string>()
let open = true
let hub: Hub | undefined

const seconds = () => Math.floor(Date.now() / 1000)
const candlesOf = (symbol: string) => `ticker/candles/${symbol}`

export const ticker: Scenario = {
  page: 'ticker',
  rules: {
    'ticker/prices': { key: '/symbol', keys: true, publish: false, retain: { messages: 30_000 } },
    // A channel of candles is filled when its first reader comes.
    'ticker/candles/:symbol': {
      publish: false,
      retain: { messages: 120 },
      subscribe: ({ params }) => watch(params.symbol),
    },
    // Anybody may stop the market, so that one can see that every page then shows the same.
    'ticker/market': {
      retain: { messages: 10 },
      receive(message) {
        const wanted = fieldsOf(message).open
        if (typeof wanted !== 'boolean') throw new AnywireError('rejected', '"open" is true or false.')
        open = wanted
        message.data = { open }
      },
    },
  },

  start(of) {
    hub = of
    publish(market.begin(seconds()))
    let before = performance.now()
    const clock = setInterval(() => {
      const now = performance.now()
      const count = Math.min(1000, Math.round(((now - before) * perSecond) / 1000))
      before = now
      if (open) publish(market.move(count))
    }, turnMs)
    const candles = setInterval(() => open && turn(seconds()), candleSeconds * 1000)
    return () => [clock, candles].forEach(clearInterval)
  },
}

function publish(updates: Price[]) {
  const batch = updates.map((update) => ({ data: update === updates.at(-1) ? { ...update, last: true } : update }))
  if (batch.length > 0) hub?.publishBatch('ticker/prices', batch).catch(console.error)
}

function turn(time: number) {
  for (const [symbol, candle] of market.turn(time))
    if (watched.has(symbol)) hub?.publish(candlesOf(symbol), candle).catch(console.error)
}

async function watch(symbol = ''): Promise<boolean> {
  const past: readonly Candle[] | undefined = market.candles(symbol)
  if (past && !watched.has(symbol)) {
    watched.add(symbol)
    const candles = past.map((data) => ({ data }))
    await hub?.publishBatch(candlesOf(symbol), candles)
  }
  return past !== undefined
}
