/** Two meters for one hub: that of the internal port, and one of the user's own. */
import { type Meter, noMeter, type Tally } from '../core/meter.js'

/** A meter that tells both. What the second one throws reaches the hub once the first one knows. */
export function bothMeters(first: Meter, second: Meter): Meter {
  const tallies = new WeakMap<Tally, Map<Tally, Tally>>()
  const names = Object.keys(noMeter).filter((name) => name !== 'tally')
  const told = names.map((name) => {
    const [one, other] = [first, second].map((meter) => Reflect.get(meter, name) as (...values: unknown[]) => void)
    const tell = (...values: unknown[]) => {
      one?.apply(first, values)
      other?.apply(second, values)
    }
    return [name, tell] as const
  })
  return {
    ...(Object.fromEntries(told) as unknown as Omit<Meter, 'tally'>),
    tally(transport, rule) {
      const pair = [first.tally(transport, rule), second.tally(transport, rule)] as const
      const known = tallies.get(pair[0]) ?? new Map<Tally, Tally>()
      const joined = known.get(pair[1]) ?? new JoinedTally(...pair)
      tallies.set(pair[0], known.set(pair[1], joined))
      return joined
    },
  }
}

/** Counts into two. What is read is what the first one has. */
class JoinedTally implements Tally {
  readonly #first: Tally
  readonly #second: Tally

  constructor(first: Tally, second: Tally) {
    this.#first = first
    this.#second = second
  }

  get slices(): number {
    return this.#first.slices
  }

  set slices(count: number) {
    this.#second.slices += count - this.#first.slices
    this.#first.slices = count
  }

  get messages(): number {
    return this.#first.messages
  }

  set messages(count: number) {
    this.#second.messages += count - this.#first.messages
    this.#first.messages = count
  }

  get bytes(): number {
    return this.#first.bytes
  }

  set bytes(count: number) {
    this.#second.bytes += count - this.#first.bytes
    this.#first.bytes = count
  }
}
