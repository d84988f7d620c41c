/** The frames of `anywire.v1` as types, and how a server frame is spelt. PROTOCOL.md 4.1 and 4.2. */
import type { ErrorCode, ErrorDetails } from './error.js'
import type { GapReason } from './message.js'
import type { ChannelName } from './name.js'
import type { Offset } from './offset.js'

/** What a client gives a frame so that it knows the answer. */
export type FrameId = string | number

/** What happens to a reader that falls behind: from the most complete reading to the least. */
export const slows = ['catch-up', 'conflate', 'disconnect'] as const
export type Slow = (typeof slows)[number]

/** Writes per second that a reader may ask for. */
export const rates = [1, 2, 5, 10, 20, 50] as const
export type Rate = (typeof rates)[number]

export interface SubscribeRequest {
  readonly channel: ChannelName
  /** As `parsePosition` reads it. @default 'now' */
  readonly offset: string
  /** @default 'catch-up' */
  readonly slow: Slow
  /** Absent: every write. */
  readonly rate?: Rate | undefined
}

export interface PublishRequest {
  readonly channel: ChannelName
  readonly id?: FrameId | undefined
  /** Neither this nor `base64`: a tombstone. */
  readonly data?: unknown
  /** The bytes of `data` as they came: what a JSON channel keeps. */
  readonly rawData?: Uint8Array | undefined
  readonly base64?: string | undefined
  readonly event?: string | undefined
  readonly key?: string | undefined
  /** The span that publishes. */
  readonly traceparent?: string | undefined
  readonly producer?: { readonly id: string; readonly epoch: number; readonly seq: number } | undefined
}

export type ClientFrame =
  | { readonly type: 'auth'; readonly token: string }
  | { readonly type: 'subscribe'; readonly subscriptions: readonly SubscribeRequest[] }
  | { readonly type: 'unsubscribe'; readonly channels: readonly ChannelName[] }
  | ({ readonly type: 'publish'; readonly id: FrameId } & PublishRequest)
  | { readonly type: 'ping'; readonly id?: FrameId | undefined }

/**
 * One message as a frame spells it: `data` in JSON and text channels, `base64` for other bytes, neither for a
 * tombstone.
 */
export interface FrameMessage {
  readonly offset: Offset
  readonly data?: unknown
  readonly base64?: string
  readonly event?: string
  readonly key?: string
  /** Only for readers that ask. */
  readonly traceparent?: string
}

interface ErrorFacts extends ErrorDetails {
  readonly code: ErrorCode
  readonly message: string
  readonly channel?: ChannelName | undefined
  readonly id?: FrameId | undefined
}

export type ServerFrame =
  | {
      readonly type: 'welcome'
      readonly version: 1
      /** Microseconds since 1970. */
      readonly time: number
      readonly heartbeatMs: number
      readonly maxMessageBytes: number
      /** The largest frame or body that the server takes, in bytes of UTF-8. */
      readonly maxFrameBytes: number
      /** The same of a frame in which everything over `maxFrameBytes` is base64. Absent: it is not larger. */
      readonly maxBinaryFrameBytes?: number | undefined
      /** Most channels that one connection reads. */
      readonly maxChannels: number
      /**
       * A digest of who the client is, equal on all nodes and after restarts. Absent while an `auth` frame is awaited.
       */
      readonly principal?: string | undefined
      /** When the credential ends, in milliseconds since 1970. */
      readonly expiresAt?: number | undefined
    }
  | {
      readonly type: 'authenticated'
      /** As in `welcome`. */
      readonly principal?: string | undefined
      readonly expiresAt?: number | undefined
    }
  | {
      readonly type: 'subscribed'
      readonly channel: ChannelName
      readonly offset: Offset
      readonly contentType: string
      readonly slow: Slow
      readonly rate?: Rate | undefined
    }
  | { readonly type: 'messages'; readonly channel: ChannelName; readonly messages: readonly FrameMessage[] }
  | {
      readonly type: 'gap'
      readonly channel: ChannelName
      readonly reason: GapReason
      readonly from: string
      readonly to: Offset
      readonly missed?: number | undefined
    }
  | { readonly type: 'closed'; readonly channel: ChannelName; readonly offset: Offset }
  | { readonly type: 'unsubscribed'; readonly channels: readonly ChannelName[] }
  | {
      readonly type: 'published'
      readonly id?: FrameId | undefined
      readonly channel: ChannelName
      /** Absent if nothing was stored. */
      readonly offset?: Offset | undefined
      readonly duplicate?: boolean | undefined
      readonly reply?: unknown
    }
  /** The store of the channel is away, or back. Reading goes on by itself. */
  | { readonly type: 'store'; readonly channel: ChannelName; readonly away: boolean }
  | { readonly type: 'heartbeat' }
  /** `time` in microseconds since 1970. */
  | { readonly type: 'pong'; readonly id?: FrameId | undefined; readonly time: number }
  | { readonly type: 'drain'; readonly retryMs: number }
  | ({ readonly type: 'error' } & ErrorFacts)

type Published = Extract<ServerFrame, { type: 'published' }>

/**
 * A frame to be sent: the reply in it is JSON text by now, so that nothing that an application answers can fail here.
 */
export type OutgoingFrame =
  | Exclude<ServerFrame, Published>
  | (Omit<Published, 'reply'> & { readonly reply?: string | undefined })

/** A frame as JSON text. `messages` frames of a log are spelt by `anywireText`, which keeps the bytes that came. */
export function encodeServerFrame(frame: OutgoingFrame): string {
  if (frame.type !== 'published' || frame.reply === undefined) return JSON.stringify(frame)
  const { reply, ...rest } = frame
  return `${JSON.stringify(rest).slice(0, -1)},"reply":${reply}}`
}
