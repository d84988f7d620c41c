/** What the memory store can be told, with defaults. */
import { aCount, aFunction, type Shape } from '../../core/shape.js'

export interface MemoryOptions {
  /**
   * Bytes that all channels together may take. Beside the payload and all names, a message counts 256 B, a producer 192
   * B, a channel 1 KiB. Above it, a channel that holds more than an equal share (`maxBytes` / channels) gives its own
   * oldest messages. For one that holds less, on-use channels unused longest are evicted, then others are trimmed to
   * that share. Their readers get a gap. What cannot be given back (channels made by PUT, messages kept for their keys)
   * may take half. More is refused.
   * @default a quarter of Node's heap limit
   */
  readonly maxBytes?: number | undefined
  /**
   * Channels in all. One more replaces an on-use channel that holds nothing, or is refused.
   * @default 100_000
   * @unit channels
   */
  readonly maxChannels?: number | undefined
  /** The time in milliseconds since 1970. For tests. @default Date.now */
  readonly now?: (() => number) | undefined
  /** A number from 0 up to, but not including, 1. For tests. @default Math.random */
  readonly random?: (() => number) | undefined
  /**
   * Names of deleted and evicted channels that are remembered, so that old positions in them are recognised. They take
   * an eighth of `maxBytes` at most.
   * @default 100_000
   * @unit names
   */
  readonly maxTombstones?: number | undefined
}

const count = ['a whole number from 1', (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 1] as const
export const memoryShape: Shape<MemoryOptions> = {
  maxBytes: ['a number of bytes above 0', (value) => typeof value === 'number' && value > 0],
  maxChannels: count,
  maxTombstones: aCount,
  now: aFunction,
  random: aFunction,
}
