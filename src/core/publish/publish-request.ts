/** What comes to the publisher: publishes, creations, deletions, and what it is made of. */
import type { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Limits } from '../limits.js'
import type { Author } from '../rule.js'
import type { RuleTable } from '../rule-table.js'
import type { Fork, Producer, Store } from '../store.js'
import type { Messages } from './batch.js'
import type { Owner } from './lanes.js'
import type { CreateOutcome, PublishOutcome, RemoveOutcome } from './outcome.js'

export interface PublishContent {
  readonly messages: Messages
  /** The content type as it came. Absent: the channel's own. */
  readonly contentType?: string | undefined
  /** The content type that came binds nothing: the channel's own is meant. @default false */
  readonly lenientType?: boolean | undefined
}

export interface PublishRequest extends PublishContent {
  readonly channel: ChannelName
  /** The bytes are known to be valid for the channel's type: JSON is not parsed again. @default false */
  readonly valid?: boolean | undefined
  readonly producer?: Producer | undefined
  /** `Stream-Seq`. */
  readonly seq?: string | undefined
  /** Closes the channel in the same step. */
  readonly close?: boolean | undefined
  /** Whether an unknown channel is created. @default what the hub's `create` says */
  readonly create?: boolean | undefined
  /** Who publishes. Absent: the server itself, for whom neither permission nor rate, schema or `receive` is asked. */
  readonly author?: Author | undefined
  /** The connection: what one lane publishes to one channel is processed in order. */
  readonly lane?: Owner | undefined
  /** If its turn has not come by then (by `performance.now()`), it is refused. @default it waits */
  readonly waitsUntil?: number | undefined
}

/** All of a publish but its content. */
export type Envelope = Omit<PublishRequest, keyof PublishContent>

/** A publish whose content is read only once its author may publish. */
export interface LatePublishRequest extends Envelope {
  readonly content: () => Promise<PublishContent>
}

export interface CreateContent {
  readonly messages: Messages
  /** The content type as it came. Absent: that of the rule or of the fork's source, or bytes. */
  readonly contentType?: string | undefined
}

export interface CreateRequest {
  readonly channel: ChannelName
  /** What it begins with, read once the rights have been asked. @default nothing */
  readonly content?: (() => Promise<CreateContent>) | undefined
  readonly ttlSeconds?: number | undefined
  readonly expiresAt?: number | undefined
  readonly close?: boolean | undefined
  readonly fork?: Fork | undefined
  /** Who creates it. Absent: the server itself, for whom neither permission nor schema nor `receive` is asked. */
  readonly author?: Author | undefined
}

export interface RemoveRequest {
  readonly channel: ChannelName
  /** The name of a channel with forks stays taken until the last of them goes [DS §4.2]. @default false */
  readonly keepName?: boolean | undefined
  readonly author?: Author | undefined
}

export interface PublisherOptions {
  readonly store: Store
  readonly rules: RuleTable
  readonly limits: Limits
  readonly create: 'on-use' | 'explicit'
  /** Why nothing is published at all, if that is so. */
  readonly refusal?: (() => AnywireError | undefined) | undefined
  /** Hears of failures inside `receive`, a schema, a permission or the store. @default nobody */
  readonly onError?: ((error: AnywireError) => void) | undefined
}

export interface Publisher {
  /** Never throws; rejects only if the store's `append` breaks its promise not to. */
  publish(request: PublishRequest): Promise<PublishOutcome>
  /** As `publish`; rejects also with what reading the content failed with. */
  publishLate(request: LatePublishRequest): Promise<PublishOutcome>
  /** Creates a channel, perhaps as a fork, with its first messages and perhaps closed. Rejects as `publishLate`. */
  create(request: CreateRequest): Promise<CreateOutcome>
  remove(request: RemoveRequest): Promise<RemoveOutcome>
  /** Lanes with something under way. */
  readonly busyLanes: number
}
