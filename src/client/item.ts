/** What an application gets of a channel: messages, and gaps where some are missing. */
import type { FrameMessage } from '../protocol/anywire-frame.js'
import type { GapReason } from '../protocol/message.js'
import type { Offset } from '../protocol/offset.js'

export interface MessageItem<Data = unknown> {
  readonly kind: 'message'
  /** The position after this message: give it as `from` to read on behind it. */
  readonly offset: Offset
  /** JSON, a string, or bytes, as the channel's content type has it; undefined for a tombstone. */
  readonly data: Data
  /** What the publisher called its kind. */
  readonly event?: string | undefined
  /** What it is about, in the publisher's words or by the channel's rule. */
  readonly key?: string | undefined
}

/** Announced loss: reading goes on at `to`. */
export interface GapItem {
  readonly kind: 'gap'
  readonly reason: GapReason
  /** Where this reading stood: an offset, or what it asked for. */
  readonly from: string
  /** Where it goes on. */
  readonly to: Offset
  /** How many messages are missing, where the server knows. */
  readonly missed?: number | undefined
}

/** The same union as a reader in the server's process gets. */
export type Item<Data = unknown> = MessageItem<Data> | GapItem

/** A message as a frame spells it. */
export function itemOf({ offset, data, base64, event, key }: FrameMessage): MessageItem {
  return { kind: 'message', offset, data: base64 === undefined ? data : bytesOf(base64), event, key }
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}
