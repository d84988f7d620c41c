/** Spreads the channels that are read over as many connections as the server's limit for each asks for. */

import type { ChannelName } from '../protocol/name.js'
import type { Reading, Readings } from './link.js'

/** Keeps each channel on its connection. The first set is there always; the others hold what does not fit. */
export class Spread {
  readonly sets: [Map<ChannelName, Reading>, ...Map<ChannelName, Reading>[]] = [new Map()]
  /** Channels that one connection may read, from `welcome`. */
  max = Number.POSITIVE_INFINITY

  update(readings: Readings): void {
    const { sets } = this
    for (const set of sets) {
      let kept = 0
      for (const channel of set.keys()) if (!readings.has(channel) || ++kept > this.max) set.delete(channel)
    }
    for (const [channel, reading] of readings) {
      const set = sets.find((one) => one.has(channel)) ?? sets.find(({ size }) => size < this.max)
      if (set) set.set(channel, reading)
      else sets.push(new Map([[channel, reading]]))
    }
    while (sets.length > 1 && sets.at(-1)?.size === 0) sets.pop()
  }
}
