/** The store seam: who keeps logs. Every store passes `storeContract`. */
import type { Gap, Message } from '../protocol/message.js'
import type { ChannelName } from '../protocol/name.js'
import type { Offset, Position } from '../protocol/offset.js'

/** A message as it is published, before it has an offset. */
export interface NewMessage {
  /** Absent only with a key: a tombstone. */
  readonly data: Uint8Array | undefined
  readonly event?: string | undefined
  readonly key?: string | undefined
}

/** Who publishes, so that a retry is stored once (Durable Streams §5.2.1). */
export interface Producer {
  readonly id: string
  readonly epoch: number
  readonly seq: number
}

/** How much of a log is kept at least until more is trimmed. `null` is without limit. */
export interface Retention {
  /** Messages of one channel. @default 10_000 @unit messages */
  readonly messages: number | null
  /** Bytes of the messages of one channel. @default 16_777_216 */
  readonly bytes: number | null
  /** Age after which a message is trimmed. @default null */
  readonly ageMs: number | null
}

/** What holds for a channel from its creation on. */
export interface ChannelConfig {
  readonly contentType: string
  /** Seconds without a read or append after which the channel is deleted. */
  readonly ttlSeconds?: number | undefined
  /** Milliseconds since 1970 at which the channel is deleted. */
  readonly expiresAt?: number | undefined
  readonly retain: Retention
  /** Keep the newest message of each key beyond retention, at most so many keys. */
  readonly maxKeys?: number | undefined
  /** May be evicted when all channels together hold more than the store's `maxBytes`. */
  readonly evictable: boolean
}

export interface AppendOptions {
  /** Creates the channel if it is unknown; without it an unknown channel answers `missing`. */
  readonly create?: ChannelConfig | undefined
  readonly producer?: Producer | undefined
  /** Most producers remembered per channel; the one unused longest is forgotten. */
  readonly maxProducers?: number | undefined
  /** Closes the channel in the same step. */
  readonly close?: boolean | undefined
  /** The media type that came; another than the channel's answers `mismatch`. */
  readonly contentType?: string | undefined
  /** `Stream-Seq`: must be byte-wise greater than the last one of this channel. */
  readonly seq?: string | undefined
  /** With `create`: also a name that is `gone` is created anew. The server's own publishes say so. @default false */
  readonly revive?: boolean | undefined
}

/** What became of an append. Nothing of this is thrown. */
export type AppendResult =
  | { readonly kind: 'appended'; readonly first: Offset; readonly next: Offset; readonly closed: boolean }
  /** The producer has already stored this sequence number; `seq` is the highest it stored. */
  | {
      readonly kind: 'duplicate'
      readonly next: Offset
      readonly epoch: number
      readonly seq: number
      readonly closed: boolean
    }
  | { readonly kind: 'fenced'; readonly epoch: number }
  | { readonly kind: 'sequence-gap'; readonly expected: number; readonly received: number }
  /** A new epoch must begin with sequence number 0. */
  | { readonly kind: 'bad-epoch' }
  | { readonly kind: 'closed'; readonly next: Offset }
  | { readonly kind: 'mismatch'; readonly contentType: string }
  /** `Stream-Seq` went back. */
  | { readonly kind: 'stale-seq'; readonly seq: string }
  | { readonly kind: 'missing' }
  /** Deleted, and its name is kept for its forks. */
  | { readonly kind: 'gone' }
  /** A limit of the store is reached, by what nobody could give back: `why` names it, as a sentence. */
  | { readonly kind: 'full'; readonly why: string }
  /** The store did not answer in time: it may have stored the messages, or not. */
  | { readonly kind: 'unknown'; readonly cause: unknown }

export interface Limit {
  readonly messages: number
  /** A page holds at least one message, however large. */
  readonly bytes: number
  /** A page also ends after a message whose number is a multiple of this, so that readers who started apart come to share pages. */
  readonly align?: number | undefined
  /** Whether the read renews the TTL. @default true */
  readonly renew?: boolean | undefined
}

export interface Page {
  readonly kind: 'page'
  readonly info: ChannelInfo
  /** The position before the first message: what was asked for, spelt as an offset. */
  readonly from: Offset
  /** The position after the last message. */
  readonly to: Offset
  readonly messages: readonly Message[]
  /** `to` is the head. */
  readonly upToDate: boolean
}

export type ReadResult = Page | ({ readonly kind: 'gap'; readonly info: ChannelInfo } & Gap) | { readonly kind: 'gone' }

/** What is known of a channel. An unwritten name has one too: `exists` is false and head is the birth of the store. */
export interface ChannelInfo {
  readonly exists: boolean
  /** Undefined for an unwritten name. */
  readonly contentType: string | undefined
  /** The position before the first kept message. */
  readonly earliest: Offset
  /** The position after the last message: the birth, if there is none. */
  readonly head: Offset
  readonly closed: boolean
  readonly ttlSeconds?: number | undefined
  readonly expiresAt?: number | undefined
}

export type CreateResult =
  | { readonly kind: 'created' | 'exists'; readonly info: ChannelInfo }
  /** Exists with another type, expiry, closed state or fork source; `why` names which. */
  | { readonly kind: 'conflict'; readonly why: string }
  /** As of an append. */
  | { readonly kind: 'full'; readonly why: string }
  | { readonly kind: 'fork-missing' }
  | { readonly kind: 'fork-gone' }
  | { readonly kind: 'fork-offset'; readonly why: string }

export interface CreateOptions {
  readonly messages?: readonly NewMessage[] | undefined
  readonly closed?: boolean | undefined
  readonly fork?: Fork | undefined
  /** The content type and expiry of `config` were named by the client; those not named are inherited from a fork's source. */
  readonly named?: { readonly contentType: boolean; readonly expiry: boolean } | undefined
}

export interface DeleteOptions {
  /** @default false */
  readonly keepName?: boolean | undefined
}

/** Durable Streams §4.2: a channel that begins as the source's log up to a position. */
export interface Fork {
  readonly source: ChannelName
  /** Absent: the head of the source. */
  readonly offset?: Offset | undefined
  /** How far into the append after `offset`: messages for JSON, bytes for others. */
  readonly subOffset?: number | undefined
}

/** A wake-up: a hint that may be lost, late or doubled. */
export type Wake =
  | {
      readonly kind: 'appended'
      readonly channel: ChannelName
      readonly messages: readonly Message[]
      readonly closed: boolean
    }
  /** The log changed other than by growth: deleted, expired, trimmed by eviction. Readers ask again. */
  | { readonly kind: 'changed'; readonly channel: ChannelName }
  /** Wake-ups may have been lost for all channels. */
  | { readonly kind: 'discontinuity' }

export interface StoreCapabilities {
  /** What an acknowledged message survives. */
  readonly acknowledged: 'memory' | 'process-crash' | 'power-loss' | 'replicated'
}

export interface Store {
  readonly capabilities: StoreCapabilities
  /**
   * MUST store all messages or none, in call order per channel; answers once they survive what the store promises to survive.
   * MUST check in this order: exists, producer, closed, content type, `seq`. No messages and no `close` with a producer checks the producer alone and stores nothing.
   * MUST copy what it keeps of a caller's Buffer only if it must outlive the call differently; the hub never changes bytes it has handed over.
   * Throws for no outcome that the caller has to handle.
   */
  append(channel: ChannelName, messages: readonly NewMessage[], options?: AppendOptions): Promise<AppendResult>
  /** A page after `position`, or the gap that lies there: checked and read in one step. `snapshot` is read by `snapshot`. MUST NOT create the channel. */
  read(channel: ChannelName, position: Position, limit: Limit): Promise<ReadResult>
  /**
   * The newest message of each key after `after` and not after `until` (absent: the head), in log order, tombstones left out. `to` of the last page is `until`.
   * `upToDate` says that the snapshot is complete. A channel without `maxKeys` answers as `read` from the start.
   */
  snapshot(
    channel: ChannelName,
    after: Offset | undefined,
    until: Offset | undefined,
    limit: Limit,
  ): Promise<ReadResult>
  /** What is known of many channels, in one call, in their order; 'gone' for one deleted but kept for its forks. */
  position(channels: readonly ChannelName[]): Promise<readonly (ChannelInfo | 'gone')[]>
  create(channel: ChannelName, config: ChannelConfig, options?: CreateOptions): Promise<CreateResult>
  /**
   * Atomic, with a tombstone: whoever held a position is told `reset`. Forks keep what they have, and the name is free at once.
   * With `keepName` [Durable Streams §4.2] the name of a channel with forks is `gone` until the last of them goes, or `delete` is called again: that answers `gone`.
   * Expiry and eviction free the name always.
   */
  delete(channel: ChannelName, options?: DeleteOptions): Promise<'deleted' | 'missing' | 'gone'>
  /** Renews the TTL, as a read by a live reader does. */
  touch(channel: ChannelName): void
  /** Wake-ups of followed channels go to `listener`. Called once. */
  watch(listener: (wake: Wake) => void): void
  /** Resolves when wake-ups of the channel are guaranteed to flow. */
  follow(channel: ChannelName): Promise<void>
  unfollow(channel: ChannelName): void
  /** Channels that exist and whose names begin with `prefix`, at most `limit`. */
  channels(prefix: string, limit: number): Promise<readonly ChannelName[]>
  close(): Promise<void>
}
