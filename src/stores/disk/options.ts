/** What the disk store can be told. */
import { aCount, aFlag, aFunction, aString, type Shape } from '../../core/shape.js'

export interface DiskOptions {
  /**
   * The folder of the store. It is made for this user alone where it is not there.
   * @default none: it has to be given
   */
  readonly path: string
  /**
   * Other processes may use the folder at the same time: all that are told so, and no others. The workers of one
   * `node:cluster` need not be told.
   * @default false
   */
  readonly shared?: boolean | undefined
  /**
   * What all channels together may take; one alone may take all of it. Beyond it every append is refused as `too-many`,
   * until something is trimmed, deleted or expires. The file itself does not get smaller: what is free in it is used again.
   * @default 68_719_476_736
   * @unit bytes
   */
  readonly maxBytes?: number | undefined
  /**
   * Channels at most. One more replaces an on-use channel that holds nothing, or is refused.
   * @default 1_000_000
   * @unit channels
   */
  readonly maxChannels?: number | undefined
  /**
   * Deleted names that are remembered at most, so that old positions in them are known as such. Of older ones it is
   * only known that they were before.
   * @default 1_000_000
   * @unit names
   */
  readonly maxTombstones?: number | undefined
  /** The clock: milliseconds since 1970. For tests. @default Date.now */
  readonly now?: (() => number) | undefined
}

export const diskShape: Shape<DiskOptions> = {
  path: aString,
  shared: aFlag,
  maxBytes: aCount,
  maxChannels: aCount,
  maxTombstones: aCount,
  now: aFunction,
}
