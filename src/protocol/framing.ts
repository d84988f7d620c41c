/** The framing seam: how a slice is spelt. Pure; knows no socket. */

import type { Gap, Slice } from './message.js'
import type { ChannelName } from './name.js'

/** Every framing passes its vectors (`framingVectors` in `anywire/testing`). */
export interface Framing {
  /** The cache key of encoded slices: two framings of one name MUST spell every slice alike. */
  readonly name: string
  /** MUST be pure: the same slice gives the same bytes, for whoever reads it. Called once per slice. */
  encode(slice: Slice): Buffer
  /** How many of the slice's messages may leave now; the rest waits for more. Absent: all. */
  fit?(slice: Slice): number
  /**
   * Announces a gap after which reading goes on. Absent: this framing cannot say it, and the wire is closed with `gap`.
   */
  gap?(channel: ChannelName, gap: Gap): Buffer
  /** Said when a closed channel has been read to its end. Absent: nothing is said. */
  end?(slice: Slice): Buffer
  /** Says that the store of a channel is away, or back: reading goes on by itself. Absent: nothing is said. */
  store?(channel: ChannelName, away: boolean): Buffer
  /** Bytes that show a silent connection to be alive. Absent: none are sent. */
  readonly heartbeat?: Buffer
}
