/** A market that does not exist: instruments whose prices walk at random, the same walk for the same seed. */
import { pick, randomOf } from './random.js'

export interface Update {
  readonly symbol: string
  readonly price: number
  /** Per cent since the market began. */
  readonly change: number
  readonly number: number
}

export interface Candle {
  /** Seconds since 1970 at which it began. */
  readonly time: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
}

export const candleSeconds = 2
const kept = 120
const past = 100

interface Instrument {
  readonly symbol: string
  readonly first: number
  readonly restlessness: number
  price: number
  candles: Candle[]
}

export class Market {
  readonly #random: () => number
  readonly #instruments: Instrument[]
  #number = 0

  constructor(seed: number, count: number) {
    this.#random = randomOf(seed)
    const symbols = new Set<string>()
    while (symbols.size < count) symbols.add(this.#symbol())
    this.#instruments = [...symbols].sort().map((symbol) => this.#instrument(symbol))
  }

  /** Lives through what went before `now` (seconds), so that charts have a past; answers the newest price of every instrument. */
  begin(now: number): Update[] {
    for (let ago = past; ago >= 0; ago--) {
      this.turn(now - ago * candleSeconds)
      for (let move = 0; move < 8; move++) this.#moveAll()
    }
    return this.#moveAll()
  }

  /** The next updates, of instruments drawn by lot. */
  move(count: number): Update[] {
    return Array.from({ length: count }, () => this.#update(this.#pick()))
  }

  /** Begins a candle for every instrument; answers those that are complete now. */
  turn(time: number): ReadonlyMap<string, Candle> {
    const complete = new Map<string, Candle>()
    for (const instrument of this.#instruments) {
      const last = instrument.candles.at(-1)
      if (last) complete.set(instrument.symbol, last)
      const { price } = instrument
      instrument.candles.push({ time, open: price, high: price, low: price, close: price })
      if (instrument.candles.length > kept + 1) instrument.candles.shift()
    }
    return complete
  }

  /** The complete candles of an instrument, oldest first; undefined if there is none of that name. */
  candles(symbol: string): readonly Candle[] | undefined {
    return this.#instruments.find((one) => one.symbol === symbol)?.candles.slice(0, -1)
  }

  #update(instrument: Instrument): Update {
    const step = (this.#random() + this.#random() + this.#random() - 1.5) * instrument.restlessness
    const pull = 0.00002 * Math.log(instrument.first / instrument.price)
    instrument.price *= Math.exp(step + pull)
    const price = round(instrument.price)
    const last = instrument.candles.at(-1)
    if (last) {
      const { time, open, high, low } = last
      instrument.candles[instrument.candles.length - 1] = {
        time,
        open,
        high: Math.max(high, price),
        low: Math.min(low, price),
        close: price,
      }
    }
    const change = round((price / instrument.first - 1) * 100)
    return { symbol: instrument.symbol, price, change, number: ++this.#number }
  }

  /** One update of every instrument. */
  #moveAll(): Update[] {
    return this.#instruments.map((instrument) => this.#update(instrument))
  }

  #pick(): Instrument {
    return pick(this.#random, this.#instruments)
  }

  #symbol(): string {
    const letter = () => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[Math.floor(this.#random() * 26)]
    return letter()! + letter() + letter() + (this.#random() < 0.3 ? letter() : '')
  }

  #instrument(symbol: string): Instrument {
    const first = round(5 * Math.exp(this.#random() * 4.5))
    return { symbol, first, restlessness: 0.0004 + this.#random() ** 3 * 0.003, price: first, candles: [] }
  }
}

const round = (value: number) => Math.round(value * 100) / 100
