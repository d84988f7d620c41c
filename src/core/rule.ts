/** Rules: what holds for the channels of a name pattern. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { ChannelName } from '../protocol/name.js'
import type { Retention } from './store.js'

/** Who: what `authenticate` made of a credential. */
export interface Principal {
  /** Producers, limits and `hub.disconnect` go by it. */
  readonly id: string
  /** Milliseconds since 1970; what the credential opened ends then. */
  readonly expiresAt?: number | undefined
  readonly [claim: string]: unknown
}

/** What a rule's functions are told. */
export interface RuleContext {
  readonly channel: ChannelName
  /** The values of `:name` segments and, as `rest`, of a final `*`. */
  readonly params: Readonly<Record<string, string>>
  readonly principal: Principal
}

/** A message on its way in. Assign to its fields to change what is stored. */
export interface Incoming {
  /** The parsed value in a JSON channel, a string in a text channel, bytes in others; undefined for a tombstone. */
  data: unknown
  event: string | undefined
  key: string | undefined
  /** Stores nothing; the publisher still gets what `receive` returns. */
  discard(): void
}

type Decision = boolean | ((context: RuleContext) => boolean | Promise<boolean>)

/** Every field may be missing; the defaults are those of the hub. */
export interface Rule {
  /** How much is kept. @default { messages: 10_000, bytes: 16 MiB, ageMs: null } */
  readonly retain?: Partial<Retention> | undefined
  /** Of channels that a publish creates. @default 'application/json' */
  readonly contentType?: string | undefined
  /** Checked before `receive`; its output is what is stored. JSON channels only. */
  readonly schema?: StandardSchemaV1 | undefined
  /** Where the key of a message stands in its JSON, as a JSON Pointer (RFC 6901), e.g. `'/symbol'`. A key that the publisher names wins. */
  readonly key?: string | undefined
  /** Keep the newest message of every key beyond retention, for `offset=snapshot`. @default false */
  readonly keys?: boolean | undefined
  /** @default 10_000 */
  readonly maxKeys?: number | undefined
  /** Whether shared caches may keep pages read without credential. @default 'private' */
  readonly cache?: 'public' | 'private' | undefined
  /** Who may read. @default true for all but `$…` */
  readonly subscribe?: Decision | undefined
  /** Who may publish, create and delete. @default true */
  readonly publish?: Decision | undefined
  /**
   * Sees each message that a client publishes, one at a time per connection or producer and channel: validates (throw to refuse), transforms (assign to
   * `message.data`), or answers (what it returns is the publisher's reply). Not called for what the server itself publishes.
   */
  readonly receive?: ((message: Incoming, context: RuleContext) => unknown) | undefined
}

/** Rules by name pattern, e.g. `'chat/:room'`; `:name` is one segment, a final `*` the rest. The first that fits holds. */
export type Rules = Readonly<Record<string, Rule>>
