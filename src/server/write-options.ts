/** What a program may say of what it publishes and creates. */
import type { Producer } from '../core/store.js'

export interface PublishOptions {
  /** Name of the event in plain SSE. `gap`, `delete`, `position`, `error` and `open` are reserved. @default none */
  readonly event?: string | undefined
  /**
   * Of two messages with one key the newer replaces the older, in snapshots and for readers with `slow: 'conflate'`.
   * @default what the rule's `key` finds in the data
   */
  readonly key?: string | undefined
  /** A number for the message, so that a retry is stored once. */
  readonly producer?: Producer | undefined
  /**
   * The span that publishes, as the header `traceparent` has it: kept with the message, for readers that link it.
   * @default none
   */
  readonly traceparent?: string | undefined
  /** Close the channel in the same step. @default false */
  readonly close?: boolean | undefined
}

export interface ChannelOptions {
  /** The type of its messages. @default that of the rule: 'application/json', if it names none */
  readonly contentType?: string | undefined
  /** Seconds without a read or publish after which the channel is deleted. @default it stays */
  readonly ttlSeconds?: number | undefined
  /** Milliseconds since 1970 at which it is deleted. @default never */
  readonly expiresAt?: number | undefined
}
