/** The store seam: who keeps logs. Every store passes `storeContract` of `anywire/testing`. */
// Every store decides as `src/stores/rules` does: by calling it, or by the same steps in the language of its engine.
import type { Gap, Message } from '../protocol/message.js'
import type { ChannelName } from '../protocol/name.js'
import type { Offset, Position } from '../protocol/offset.js'

/** A message as it is published, before it has an offset. */
export interface NewMessage {
  /** Absent only with a key: a tombstone. */
  readonly data: Uint8Array | undefined
  readonly event?: string | undefined
  readonly key?: string | undefined
  /** As of `Message`. */
  readonly traceparent?: string | undefined
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
  /**
   * Bytes of the messages of one channel: payloads, and where a message has a `traceparent` that too.
   * @default 16_777_216
   */
  readonly bytes: number | null
  /** Age after which a message is trimmed. @default null */
  readonly ageMs: number | null
}

/** How much of a channel is kept: what a rule says, so it may change while the channel lives (`configure`). */
export interface Policy {
  readonly retain: Retention
  /** Keep the newest message of each key beyond retention, at most so many keys. Undefined: no keys are kept. */
  readonly maxKeys?: number | undefined
}

/** What a channel is created with. All but its policy holds as long as the channel lives. */
export interface ChannelConfig extends Policy {
  readonly contentType: string
  /** Seconds without an append or `touch` after which the channel is deleted. */
  readonly ttlSeconds?: number | undefined
  /** Milliseconds since 1970 at which the channel is deleted. */
  readonly expiresAt?: number | undefined
  /** May be evicted when all channels together hold more than the store can keep. */
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
  /**
   * With `create`: a name that is `gone` is created anew too. The server's own publishes say so. Without forks no name
   * is.
   * @default false
   */
  readonly revive?: boolean | undefined
}

/** What became of an append. Nothing of this is thrown; what is thrown, see `Store`. */
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
  /** Deleted, and its name is kept for its forks. Only of stores that have them. */
  | { readonly kind: 'gone' }
  /** A limit of the store is reached, by what nobody could give back: `why` names it, as a sentence. */
  | { readonly kind: 'full'; readonly why: string }
  /** The store did not answer in time: it may have stored the messages, or not. */
  | { readonly kind: 'unknown'; readonly cause: unknown }

export interface Limit {
  readonly messages: number
  /** A page holds at least one message, however large. */
  readonly bytes: number
  /**
   * A page also ends after a message whose number is a multiple of this, so that readers who started apart come to
   * share pages.
   */
  readonly align?: number | undefined
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
  /** How much of it is kept. Undefined for an unwritten name. */
  readonly policy?: Policy | undefined
}

/**
 * What `position` says of one channel. `gone`: deleted, its name kept for its forks. `away`: the part of the store that
 * has it cannot be asked now.
 */
export type Known = ChannelInfo | 'gone' | 'away'

export type CreateResult =
  | { readonly kind: 'created' | 'exists'; readonly info: ChannelInfo }
  /** Exists with another type, expiry, closed state or fork source; `why` names which. */
  | { readonly kind: 'conflict'; readonly why: string }
  /** As of an append. */
  | { readonly kind: 'full'; readonly why: string }

export interface CreateOptions {
  readonly messages?: readonly NewMessage[] | undefined
  readonly closed?: boolean | undefined
}

/** Durable Streams §4.2: a channel that begins as the source's log up to a position. */
export interface Fork {
  readonly source: ChannelName
  /** Absent: the head of the source. */
  readonly offset?: Offset | undefined
  /** How far into the append after `offset`: messages for JSON, bytes for others. */
  readonly subOffset?: number | undefined
}

export interface ForkOptions extends CreateOptions {
  readonly fork: Fork
  /**
   * The content type and expiry of `config` were named by the client; those not named are inherited from the source.
   */
  readonly named?: { readonly contentType: boolean; readonly expiry: boolean } | undefined
}

export type ForkResult =
  | CreateResult
  | { readonly kind: 'fork-missing' }
  | { readonly kind: 'fork-gone' }
  | { readonly kind: 'fork-offset'; readonly why: string }

/**
 * A wake-up: a hint that may be lost, late, doubled, or of a channel that is not followed any more. Correctness rests
 * on `read`, on the predecessor that each message names, and on the hub's asking for positions; the messages in a
 * wake-up only save reads.
 */
export type Wake =
  | {
      readonly kind: 'appended'
      readonly channel: ChannelName
      /** As `read` gives them, all of one append or of several that follow each other; none for a close alone. */
      readonly messages: readonly Message[]
      /** The position after it, so that one that comes late or twice is known for that. */
      readonly next: Offset
      readonly closed: boolean
    }
  /**
   * The log changed other than by growth (deleted, expired, trimmed by eviction), or grew by more than a wake-up should
   * carry: readers ask again.
   */
  | { readonly kind: 'changed'; readonly channel: ChannelName }
  /**
   * Wake-ups may have been lost: a connection to the engine broke or came back, or a buffer ran over. Told at once in
   * both cases, so that readers learn of a store that is away. `covers`: for these channels only; absent: for all.
   */
  | { readonly kind: 'discontinuity'; readonly covers?: ((channel: ChannelName) => boolean) | undefined }

/**
 * What a store can do. The hub refuses rules that ask for more, with a sentence, when it starts; the contract leaves
 * out what is not claimed.
 */
export interface StoreCapabilities {
  /** What an acknowledged message survives. */
  readonly acknowledged: 'memory' | 'process-crash' | 'power-loss' | 'replicated'
  /**
   * Several hubs, in several processes, may use what lies behind it at a time: each is woken for what the others
   * append.
   */
  readonly shared: boolean
  /** Which limits of `retain` hold for each channel by itself. The others are ignored. */
  readonly retains: Readonly<Record<keyof Retention, boolean>>
  /** `maxKeys`: the newest message of each key. */
  readonly keys: boolean
  /** `ttlSeconds` and `expiresAt`. */
  readonly expiry: boolean
  /** `configure`: channels that exist follow a changed rule. */
  readonly configure: boolean
}

/**
 * What every member MUST do:
 *
 * - Show only what lasts: a message is read, positioned and woken for only when it is as safe as
 * `capabilities.acknowledged` says. What a reader has
 *   seen must not be denied by the log later.
 * - Check and act in one step: the outcome of `append`, and page or gap of `read`, are true of one moment, whoever else
 * writes.
 * - Fail at once if it is known that the engine cannot be asked. Nothing is queued for later: the hub has a deadline
 * (`storeMs`) for each call, drops
 *   what comes after it, and asks again.
 * - Reject with an AnywireError `store-down` only for what has certainly not been done. An append or creation whose
 * outcome is not known rejects with
 *   anything else, or answers `unknown`: the hub never repeats it by itself.
 * - Take time from the engine, if it has a clock, so that nodes with wrong clocks agree.
 *
 * What has to be known of the engine before `capabilities` can be told is found out by the function that makes the
 * store, which may be asynchronous and says in a sentence what the engine lacks.
 */
export interface Store {
  readonly capabilities: StoreCapabilities
  /** The same for a channel (or a rule's pattern), where they differ among channels. Absent: they do not. */
  capabilitiesOf?(channel: ChannelName): StoreCapabilities
  /**
   * MUST store all messages or none, in call order per channel; answers once they survive what the store promises to
   * survive. MUST check in this order: exists, producer, closed, content type, `seq`. No messages and no `close` with a
   * producer checks the producer alone and stores nothing. All messages of one append share one *when*, later than that
   * of any message that this name ever had. An append renews the TTL. Calls for one channel come without waiting for
   * each other: they may be joined into one transaction or script. The hub never changes bytes that it has handed over,
   * so they may be kept as they are.
   */
  append(channel: ChannelName, messages: readonly NewMessage[], options?: AppendOptions): Promise<AppendResult>
  /**
   * A page after `position`, or the gap that lies there. A position is checked inclusively: not "what is greater", but
   * "is this one of my positions", so that a log that lost messages, was deleted or restored is answered with `reset`.
   * `snapshot` is read as by `snapshot`. MUST NOT create the channel, nor renew its TTL (that is `touch`), so that a
   * replica may answer.
   */
  read(channel: ChannelName, position: Position, limit: Limit): Promise<ReadResult>
  /**
   * The newest message of each key after `after` and not after `until` (absent: the head), in log order, tombstones
   * left out. `to` of the last page is `until`. `upToDate` says that the snapshot is complete. A channel without
   * `maxKeys` answers as `read` from the start.
   */
  snapshot(
    channel: ChannelName,
    after: Offset | undefined,
    until: Offset | undefined,
    limit: Limit,
  ): Promise<ReadResult>
  /**
   * What is known of many channels (up to 1,000), in one call, in their order. Asked when a channel is first read,
   * after each discontinuity, and of all that are followed about once a minute: it should cost one round trip. Rejects
   * only if none can be asked; otherwise those that cannot are `away`.
   */
  position(channels: readonly ChannelName[]): Promise<readonly Known[]>
  create(channel: ChannelName, config: ChannelConfig, options?: CreateOptions): Promise<CreateResult>
  /**
   * The channel is kept by this policy from now on; what it no longer covers is trimmed, at the latest with the next
   * append. Keys of messages that came before it knew of keys need not be found. Called only if
   * `capabilities.configure`.
   */
  configure(channel: ChannelName, policy: Policy): Promise<'configured' | 'missing'>
  /**
   * Atomic, and remembered: whoever held a position is told `reset`, also when the name is written again, for as long
   * as names can be remembered, and after that whatever the name's birth. Forks keep what they have, and the name is
   * free at once. `gone`: the name had been kept for forks, and is free now.
   */
  delete(channel: ChannelName): Promise<'deleted' | 'missing' | 'gone'>
  /**
   * Renews the TTL of those that have one: for live readers at a third of it, for pages once they are read. Nobody
   * waits for it, and it may be late.
   */
  touch(channels: readonly ChannelName[]): void
  /** Wake-ups of followed channels go to `listener`, which throws nothing. Called once, before anything is followed. */
  watch(listener: (wake: Wake) => void): void
  /**
   * Resolves when wake-ups of the channel are guaranteed to flow; what was acknowledged before is for the caller to
   * read. Many calls come in one turn, so that they can leave as one. It stays followed through lost connections, until
   * `unfollow`.
   */
  follow(channel: ChannelName): Promise<void>
  /** Ends it; a following that has not begun yet too. */
  unfollow(channel: ChannelName): void
  /** Lets go of everything. Calls under way need not be answered; nothing is called after it but `close` again. */
  close(): Promise<void>
  /** The optional half. Absent: channels cannot be forked. */
  readonly forks?: Forks | undefined
}

/** Channels that begin as the log of another [Durable Streams §4.2]. */
export interface Forks {
  /**
   * Creates a channel that begins as its source's log up to a position: messages, offsets and keys, not producers. It
   * appears whole or not at all, and lives by itself from then on. MUST answer for the source and the position at one
   * moment.
   */
  create(channel: ChannelName, config: ChannelConfig, options: ForkOptions): Promise<ForkResult>
  /**
   * As `Store.delete`, but the name of a channel with forks is `gone` until the last of them goes, or it is deleted
   * again: that answers `gone`. Expiry and eviction always free the name.
   */
  delete(channel: ChannelName): Promise<'deleted' | 'missing' | 'gone'>
}
