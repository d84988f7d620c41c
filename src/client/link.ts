/** A link: one transport in use by the client, whatever it is made of. */
import type { FrameId, PublishRequest, ServerFrame, Slow } from '../protocol/anywire-frame.js'
import type { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'
import type { Patience } from './patience.js'
import type { Times } from './times.js'

export type Transport = 'websocket' | 'stream' | 'poll'

/** How a program may call one: URLs and `anywire tail` say `sse` for `stream`, and `long-poll` for `poll`. */
export type TransportName = Transport | 'sse' | 'long-poll'

/** From best to worst. */
export const transports: readonly Transport[] = ['websocket', 'stream', 'poll']

/** A publish as the core sends it: with the id by which it knows the answer. */
export type SentPublish = PublishRequest & { readonly id: FrameId }

/** What is asked of the server for one channel. Another object for the channel means: ask again. */
export interface Reading {
  readonly channel: ChannelName
  /** Where to read on: `-1`, `now`, `last-N`, `snapshot`, or an offset. Moves with every message. */
  offset: string
  readonly slow: Slow
  readonly rate?: number | undefined
}

export type Readings = ReadonlyMap<ChannelName, Reading>

/** The channels that must be asked for again, or unsubscribed. */
export function changes(asked: Readings, wanted: Readings): ChannelName[] {
  return [...new Map([...asked, ...wanted]).keys()].filter((channel) => asked.get(channel) !== wanted.get(channel))
}

/** Which reading a frame is of, if it is of one. */
export function readingOf(frame: ServerFrame, asked: Readings): Reading | undefined {
  const { channel = '' } = frame as { channel?: ChannelName }
  return asked.get(channel)
}

/** A link that was closed calls none of these. */
export interface LinkEvents {
  /** A round trip was made: the transport carries both ways. Called once. */
  proven(): void
  /**
   * In the order in which the server sent them; a frame of a channel with the reading that it answers, which may not be
   * wanted any more.
   */
  frame(frame: ServerFrame, reading?: Reading): void
  /** Nothing was received for longer than is usual. The link may still be alive. */
  silent(): void
  /**
   * The transport cannot be had, or is gone. Called once; where something was too large, with the size of the largest
   * publish under way.
   */
  lost(error: AnywireError, largestBytes?: number): void
}

export interface Link {
  readonly transport: Transport
  /** Milliseconds from the first byte sent to the proof. */
  readonly connectMs: number
  /** Milliseconds of the newest round trip. */
  readonly roundTripMs: number
  /** How far the server's clock is ahead of ours, in milliseconds; undefined where it is not known. */
  readonly aheadMs?: number | undefined
  /**
   * Makes this the set that is read, as soon as that can be, from the positions it then has. Called for every change; a
   * burst of changes is one call.
   */
  read(readings: Readings): void
  /** Sends publishes in this order; each is answered by a `published` or `error` frame with its id, or by `lost`. */
  publish(requests: readonly SentPublish[]): void
  /** Brings a new credential. */
  authenticate(token: string): void
  close(): void
}

/** How the JSON of frames is read, and that of publishes spelt. */
export type Json = Pick<JSON, 'parse' | 'stringify'>

export interface LinkOptions {
  /** The mount path as an absolute URL. */
  readonly url: string
  /** The credential; undefined if there is none. */
  readonly token: Promise<string | undefined>
  /** The expected principal, where it is known. Publishes must not be stored as another one. */
  readonly principal: () => string | undefined
  /** A larger publish has not passed before. */
  readonly frameBytes: number
  readonly events: LinkEvents
  readonly times: Times
  readonly json: Json
  /** Of all links of the core: what one has learnt the next one knows. */
  readonly patience: Patience
  /** So many bytes have come. */
  readonly received: (bytes: number) => void
}
