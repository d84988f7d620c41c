/** What `anywire tail` reads, and what it reads over. */
import type { ChannelName, ServerFrame } from '../protocol/index.js'
import type { HubAddress } from './options.js'

/** One reading of a channel, over whatever transport. */
export interface TailReading extends HubAddress {
  readonly channel: ChannelName
  /** Where to go on: moves as frames are taken. */
  offset: string
  readonly signal: AbortSignal
}

/**
 * Carries the frames of `anywire.v1` until the connection ends. MUST fail with an `AnywireError`, or with the signal's
 * reason.
 */
export type FrameSource = (reading: TailReading) => AsyncIterable<ServerFrame>
