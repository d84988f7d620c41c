/** A link: one transport in use by the client, whatever it is made of. */
import type { PublishRequest, ServerFrame, Slow } from '../protocol/anywire-frame.js'
import type { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'
import type { Times } from './times.js'

export type Transport = 'websocket' | 'stream' | 'poll'

/** From best to worst. */
export const transports: readonly Transport[] = ['websocket', 'stream', 'poll']

/** What is asked of the server for one channel. Another object for the channel means: ask again. */
export interface Reading {
  readonly channel: ChannelName
  /** Where to read on: `-1`, `now`, `last-N`, `snapshot`, or an offset. Moves with every message. */
  offset: string
  readonly slow: Slow
  readonly rate?: number | undefined
}

export type Readings = ReadonlyMap<ChannelName, Reading>

/** Whether nothing is to be asked: the same objects. */
export function sameReadings(one: Readings, other: Readings): boolean {
  return one.size === other.size && [...one].every(([channel, reading]) => other.get(channel) === reading)
}

/** Whether a frame is of a reading that is not wanted any more, though its channel may be read again: from another place. */
export function isOfOther(frame: ServerFrame, asked: Readings, wanted: Readings): boolean {
  if (!('channel' in frame) || frame.channel === undefined || 'id' in frame) return false
  return asked.get(frame.channel) !== wanted.get(frame.channel)
}

export interface LinkEvents {
  /** In the order in which the server sent them. */
  frame(frame: ServerFrame): void
  /** Nothing was heard for longer than a living link is silent; it may yet speak. */
  silent(): void
  /** The link is gone, and not because `close` was called. Called once. */
  lost(error: AnywireError): void
}

/** Every link has been proven by a round trip before it is handed out. */
export interface Link {
  readonly transport: Transport
  /** Milliseconds from the first byte sent to the proof. */
  readonly connectMs: number
  /** Milliseconds of the newest round trip. */
  readonly roundTripMs: number
  /** What the server's clock is ahead of ours, in milliseconds; undefined where the transport does not tell. */
  readonly aheadMs: number | undefined
  /** Bytes received. */
  readonly received: number
  /** Makes this the set that is read, from the positions it now has. Called for every change; a burst of changes is one call. */
  read(readings: Readings): void
  /** Sends publishes in this order; each is answered by a `published` or `error` frame with its id, or by `lost`. */
  publish(requests: readonly PublishRequest[]): void
  /** Brings a new credential. */
  authenticate(token: string): void
  close(): void
}

export interface LinkOptions {
  /** The mount path as an absolute URL. */
  readonly url: string
  readonly token: string | undefined
  /** Read from the first byte on. */
  readonly readings: Readings
  readonly events: LinkEvents
  readonly times: Times
  /** Gives up. */
  readonly signal: AbortSignal
}

/** Opens a transport and proves it. @throws AnywireError */
export type OpenLink = (options: LinkOptions) => Promise<Link>
