/** Decisions of a hub that somebody may ask about later: what logs are made of. Never a credential, never a payload. */
import type { ErrorCode } from '../protocol/error.js'
import type { GapReason } from '../protocol/message.js'
import type { ChannelName } from '../protocol/name.js'

export type HubEvent =
  /** A request or handshake was refused. `url` is without the values of credentials. */
  | {
      readonly event: 'refused'
      readonly code: ErrorCode
      readonly sentence: string
      readonly method: string
      readonly url: string
      /** The trace that the request is part of (`traceparent`). */
      readonly trace: string | undefined
    }
  /** A reader was told of a gap. `missed`: messages, where that is known. */
  | {
      readonly event: 'gap'
      readonly channel: ChannelName
      readonly transport: string
      readonly reason: GapReason
      readonly missed: number | undefined
      /** The number of the connection in this process; undefined for a request that ends with it. */
      readonly connection: number | undefined
    }
  /** A connection was ended that took nothing, or said nothing, for too long. */
  | {
      readonly event: 'stalled'
      readonly transport: string
      readonly principal: string
      readonly connection: number
    }
  /** Connections were ended by `hub.disconnect` or `hub.revoke`, of this node or another. */
  | {
      readonly event: 'disconnected' | 'revoked'
      readonly connections: number
      readonly principal: string | undefined
      readonly channel: ChannelName | undefined
      /** Where one alone was named: its node and number. */
      readonly one: string | undefined
    }
  /** A call of the store failed, or was late; and was answered again. */
  | { readonly event: 'store-down'; readonly sentence: string }
  | { readonly event: 'store-up' }

export type OnEvent = (event: HubEvent) => void

/** Tells of events. What the listener throws goes to `onError`. */
export function safeEvents(onEvent: OnEvent | undefined, onError: (thrown: unknown) => void): OnEvent {
  if (onEvent === undefined) return () => undefined
  return (event) => {
    try {
      onEvent(event)
    } catch (thrown) {
      onError(thrown)
    }
  }
}
