/** Rules: what holds for the channels of a name pattern. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type ChannelName, isReserved } from '../protocol/name.js'
import type { Action, Grants } from './access/grants.js'
import type { Compression, CompressionOptions } from './compression.js'
import type { StatisticsList } from './statistics.js'
import type { ChannelConfig, Retention } from './store.js'

/** Who: what `authenticate` made of a credential. */
export interface Principal {
  /** Producers, limits and `hub.disconnect` go by it: 1 to 1,024 characters. */
  readonly id: string
  /** Milliseconds since 1970; what the credential opened ends then. */
  readonly expiresAt?: number | undefined
  /**
   * What the credential allows: what a rule allows counts only where this allows it too. `jwt` of `anywire/jwt` reads it
   * from tokens, `grantsOf` from claims.
   * @default rules alone decide
   */
  readonly grants?: Grants | undefined
  /** What `hub.revoke` may name the credential by, besides `id`. `jwt` reads it from claims. @default its `id` alone */
  readonly revocable?: RevocableFacts | undefined
  readonly [claim: string]: unknown
}

/** Facts about a credential by which it can be revoked. */
export interface RevocableFacts {
  /** A name of its own, such as the `jti` of a token. */
  readonly token?: string | undefined
  /** The SHA-256 of the credential itself, as base64: it can be revoked by who has it. */
  readonly digest?: string | undefined
  /** The session that it belongs to, such as the `sid` of a token. */
  readonly session?: string | undefined
  readonly tenant?: string | undefined
  /**
   * Milliseconds since 1970. What was issued after a revocation is not meant by it.
   * @default before any revocation
   */
  readonly issuedAt?: number | undefined
}

/** Who writes, and from where. */
export interface Author {
  readonly principal: Principal
  /** Of IPv6 its /64. */
  readonly address: string
}

/** What a rule's functions are told. */
export interface RuleContext {
  readonly channel: ChannelName
  /** The values of `:name` segments and, as `rest`, of a final `*`. */
  readonly params: Readonly<Record<string, string>>
  readonly principal: Principal
}

/** A message on its way in. Assign to its fields, or change `data` in place, to change what is stored. */
export interface Incoming {
  /** The parsed value in a JSON channel, a string in a text channel, bytes in others; undefined for a tombstone. */
  data: unknown
  event: string | undefined
  key: string | undefined
  /** Stores nothing; the publisher still gets what `receive` returns. */
  discard(): void
}

/** Yes or no, or a function that says so. Anything but `true` is no; what it throws reaches the client as an error. */
export type Decision = boolean | ((context: RuleContext) => boolean | Promise<boolean>)

/** What a rule says of presence: who counts as present, and for how long. */
export interface PresenceOptions {
  /**
   * Who is present: everybody who reads the channel, or of these only who has published a state to its roster.
   * @default 'subscribe'
   */
  readonly on?: 'subscribe' | 'enter' | undefined
  /**
   * How long a reader whose connection was cut stays present. A reader who comes back within it was never away. Higher
   * shows those who are gone for longer.
   * @default 10_000
   */
  readonly graceMs?: number | undefined
  /**
   * Members of one channel. With more of them the roster turns into counts, since each change goes to every reader. 0
   * tells counts only.
   * @default 1_000
   * @unit members
   */
  readonly maxMembers?: number | undefined
  /** Who may read the roster. @default whoever may read the channel */
  readonly see?: Decision | undefined
  /** Who may read how many there are, in `$count/<channel>`. @default whoever may read the channel */
  readonly counts?: Decision | undefined
}

/** What a rule says of presence, with everything filled in. */
export interface ResolvedPresence {
  readonly on: 'subscribe' | 'enter'
  readonly graceMs: number
  readonly maxMembers: number
}

/** Every field may be missing; the defaults are those of the hub. */
export interface Rule {
  /** How much of the log is kept. @default { messages: 10_000, bytes: 16 MiB, ageMs: null } */
  readonly retain?: Partial<Retention> | undefined
  /**
   * The type of channels that a publish creates. Without it, and without `schema`, `key` and `receive`, a publish that
   * names another type creates a channel of that type. Otherwise such a publish is refused with `conflict`.
   * @default 'application/json'
   */
  readonly contentType?: string | undefined
  /** Checks each message before `receive`. What it answers is stored. For JSON channels only. */
  readonly schema?: StandardSchemaV1 | undefined
  /**
   * Where the key stands in a JSON message, as a JSON Pointer (RFC 6901), such as `'/symbol'`. A key that the publisher
   * names wins.
   * @default only what publishers name
   */
  readonly key?: string | undefined
  /** Keep the newest message of every key beyond retention, for `offset=snapshot`. @default false */
  readonly keys?: boolean | undefined
  /** How many keys of one channel are kept. @default 10_000 @unit keys */
  readonly maxKeys?: number | undefined
  /**
   * Largest message of these channels. Higher lets one message hold up a connection for longer.
   * @default what the hub's limits say
   */
  readonly messageBytes?: number | undefined
  /** Whether shared caches may keep pages read without credential. @default 'private' */
  readonly cache?: 'public' | 'private' | undefined
  /**
   * Compress what is read, for clients that accept it. Leave it off where one slice or page can hold a secret and text
   * of somebody else: its size tells whether the two are alike (BREACH).
   * @default what the hub's `compress` says
   */
  readonly compress?: boolean | CompressionOptions | undefined
  /**
   * Tell who reads the channel, in its roster `$presence/<channel>`: a channel with keys, one for each member.
   * `'count'` tells how many only.
   * @default false
   */
  readonly presence?: boolean | 'count' | PresenceOptions | undefined
  /** Who may read. @default true for all but `$…` */
  readonly subscribe?: Decision | undefined
  /** Who may publish and create. @default true */
  readonly publish?: Decision | undefined
  /**
   * Who may close and delete. `'as-publish'` means whoever may publish, which writers of Durable Streams expect. The
   * server itself always may.
   * @default 'as-publish' where the hub has no `authenticate`, otherwise false
   */
  readonly manage?: Decision | 'as-publish' | undefined
  /**
   * Whether the grants of a principal are asked as well, if it has any. `false`: the fields above decide alone.
   * @default true
   */
  readonly grants?: boolean | undefined
  /**
   * Called with each message that a client publishes, one at a time for each connection (or producer) and channel. It
   * may throw to refuse the message, or assign to `message.data` to change it. What it returns is the publisher's
   * reply. It is not called for what the server itself publishes. If it cannot judge the message now, it throws `new
   * AnywireError('unavailable', …, { details: { retryMs } })`: clients try again, however often.
   */
  readonly receive?: Receive | undefined
}

/** What a schema does with a value. */
export type Validate = (value: unknown) => ReturnType<StandardSchemaV1['~standard']['validate']>

export type Receive = (message: Incoming, context: RuleContext) => unknown

/**
 * Rules by name pattern, e.g. `'chat/:room'`; `:name` is one segment, a final `*` the rest. The first that fits holds.
 */
export type Rules = Readonly<Record<string, Rule>>

/** What holds for one channel, with everything filled in. Made by `compileRules`. */
export interface ResolvedRule {
  readonly channel: ChannelName
  /** The pattern that fits; undefined if none did and the defaults hold. */
  readonly pattern: string | undefined
  readonly params: Readonly<Record<string, string>>
  /** What a channel is created with. */
  readonly config: ChannelConfig
  /**
   * Only channels of `config.contentType` may be created: the rule names the type, or holds a schema, key or `receive`
   * written for it.
   */
  readonly fixedType: boolean
  readonly cache: 'public' | 'private'
  /** How it is compressed; undefined: not at all. */
  readonly compress: Compression | undefined
  /** The key that the rule's pointer finds in a message's JSON. */
  readonly messageBytes: number | undefined
  readonly keyOf: ((value: unknown) => string | undefined) | undefined
  /** The schema's check. This and the functions below are guarded: see user-function.ts. */
  readonly validate: Validate | undefined
  readonly subscribe: Decision
  readonly publish: Decision
  readonly manage: Decision | 'as-publish'
  readonly grants: boolean
  readonly receive: Receive | undefined
  /** Undefined: nobody is told who reads. */
  readonly presence: ResolvedPresence | undefined
  /** Who may read the roster. Undefined: whoever may read the channel. */
  readonly see: Decision | undefined
  /** Who may read how many there are. Undefined: whoever may read the channel. */
  readonly counts: Decision | undefined
  /** Of a roster: the rule of the channel whose readers it tells of. */
  readonly rosterOf?: ResolvedRule | undefined
  /** Of the roster it tells how many there are, and not who. */
  readonly countsOnly?: boolean | undefined
  /** Of a channel in which the hub tells of itself. */
  readonly statistics?: StatisticsList | undefined
}

/** What the functions of a rule are told about one principal. */
export function contextOf(rule: ResolvedRule, principal: Principal): RuleContext {
  return { channel: rule.channel, params: rule.params, principal }
}

/**
 * The grants that count in the channel; undefined: rules alone decide, because the rule says so or because the
 * principal's credential knows no grants.
 */
export function grantsIn(rule: ResolvedRule, { grants }: Principal): Grants | undefined {
  return rule.grants || grants?.strict ? grants : undefined
}

/** Whether no grant is missing for the action: the half of every decision that is not the rule's. */
export function isGranted(rule: ResolvedRule, principal: Principal, action: Action): boolean {
  if (principal.grants === undefined) return true
  const asked = needOf(rule, action)
  const grants = grantsIn(asked.rule, principal)
  return grants === undefined || grants.allows(asked.action, asked.rule.channel) === true
}

/**
 * The grant that an action needs. Those of a roster are grants on the channel whose readers it tells of. Who reads
 * statistics needs `manage`.
 */
export function needOf(rule: ResolvedRule, action: Action): { readonly rule: ResolvedRule; readonly action: Action } {
  const { rosterOf, countsOnly, statistics } = rule
  if (statistics && action === 'subscribe') return { rule, action: 'manage' }
  if (!rosterOf || action === 'manage') return { rule, action }
  return { rule: rosterOf, action: action === 'publish' || countsOnly ? 'subscribe' : 'presence' }
}

/**
 * Whether a principal may read the channel. Answers at once, without a promise, unless the rule's function is
 * asynchronous; throws what that function throws.
 */
export function mayRead(rule: ResolvedRule, context: RuleContext): boolean | Promise<boolean> {
  const { rosterOf, countsOnly } = rule
  if (!isGranted(rule, context.principal, 'subscribe')) return false
  const seen = countsOnly ? rosterOf?.counts : rosterOf?.see
  if (rosterOf) return decide(seen ?? rosterOf.subscribe, contextOf(rosterOf, context.principal))
  return decide(rule.subscribe, context)
}

/**
 * Whether a principal may publish to the channel and create it. As `mayRead`; `$…` is never granted but for rosters:
 * who may read a channel may say how he is present there.
 */
export function mayPublish(rule: ResolvedRule, context: RuleContext): boolean | Promise<boolean> {
  const { rosterOf } = rule
  if (!isGranted(rule, context.principal, 'publish')) return false
  if (rosterOf && !rule.countsOnly) return decide(rosterOf.subscribe, contextOf(rosterOf, context.principal))
  return writes(rule, rule.publish, context)
}

/** Whether a principal may close and delete the channel. As `mayPublish`. */
export function mayManage(rule: ResolvedRule, context: RuleContext): boolean | Promise<boolean> {
  const decision = rule.manage === 'as-publish' ? rule.publish : rule.manage
  return isGranted(rule, context.principal, 'manage') && writes(rule, decision, context)
}

/** Whether the rule lets a principal revoke credentials: its grant is asked before. As `mayRead`. */
export function mayRevoke(rule: ResolvedRule, context: RuleContext): boolean | Promise<boolean> {
  const decision = rule.manage === 'as-publish' ? true : rule.manage
  return decide(decision, context)
}

/** Nobody but the server writes to `$…`. */
function writes(rule: ResolvedRule, decision: Decision, context: RuleContext): boolean | Promise<boolean> {
  return isReserved(rule.channel) ? false : decide(decision, context)
}

function decide(decision: Decision, context: RuleContext): boolean | Promise<boolean> {
  if (typeof decision === 'boolean') return decision
  const answer: unknown = decision(context)
  if (answer === true) return true
  return answer instanceof Promise && answer.then((value) => value === true)
}
