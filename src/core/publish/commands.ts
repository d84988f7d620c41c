/** What the publisher is told to do: publish, create, delete; and what it is made of. */
import type { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Limits } from '../limits.js'
import type { Author, Principal } from '../rule.js'
import type { RuleTable } from '../rule-table.js'
import type { Fork, Producer, Store } from '../store.js'
import type { Body } from './body.js'
import type { Owner } from './lanes.js'

export interface PublishCommand {
  readonly channel: ChannelName
  readonly body: Body
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
  /** The header of its request: for traces, and kept with its messages. What is no `traceparent` counts as none. */
  readonly traceparent?: string | undefined
  /** If its turn has not come by then (by `performance.now()`), it is refused. @default it waits */
  readonly waitsUntil?: number | undefined
}

export interface CreateCommand {
  readonly channel: ChannelName
  /**
   * What it begins with. Without a content type it has that of the rule or of the fork's source, or is bytes.
   * @default nothing
   */
  readonly body?: Body | undefined
  readonly ttlSeconds?: number | undefined
  /** Milliseconds since 1970. */
  readonly expiresAt?: number | undefined
  readonly close?: boolean | undefined
  readonly fork?: Fork | undefined
  /** As in `PublishCommand`. */
  readonly traceparent?: string | undefined
  /** Who creates it. Absent: the server itself, for whom neither permission nor schema nor `receive` is asked. */
  readonly author?: Author | undefined
}

export interface RemoveCommand {
  readonly channel: ChannelName
  /** The name of a channel with forks stays taken until the last of them goes [DS §4.2]. @default false */
  readonly keepName?: boolean | undefined
  readonly author?: Author | undefined
}

/** @throws AnywireError if what the author does in the channel was revoked. */
export function checkRevoked({ revoked }: PublisherOptions, channel: ChannelName, author: Author | undefined): void {
  const refusal = author && revoked?.(author.principal, channel)
  if (refusal) throw refusal
}

export interface PublisherOptions {
  readonly store: Store
  readonly rules: RuleTable
  readonly limits: Limits
  readonly create: 'on-use' | 'explicit'
  /** Why nothing is published at all, if that is so. Asked again once a body has arrived. */
  readonly refusal?: (() => AnywireError | undefined) | undefined
  /**
   * Why what this principal does in the channel is refused although a rule allows it: its credential was revoked. Asked
   * right before `receive` and the store, since a publish may wait for long.
   * @default nothing is
   */
  readonly revoked?: ((principal: Principal, channel: ChannelName) => AnywireError | undefined) | undefined
  /**
   * Counts so many bytes of a client that wait: for a function of the rule, the store, or their turn. Answers what ends
   * that. @throws AnywireError `too-many` where there is no room
   */
  readonly hold?: ((address: string, bytes: number) => (() => void) | undefined) | undefined
  /** Called with failures inside `receive`, a schema, a permission or the store. @default none */
  readonly onError?: ((error: AnywireError) => void) | undefined
}
