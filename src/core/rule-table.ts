/** Compiles rules once and answers, for each channel, what holds for it. */

import { AnywireError } from '../protocol/error.js'
import { kindOf } from '../protocol/message.js'
import type { ChannelName } from '../protocol/name.js'
import { isReserved } from '../protocol/name.js'
import { keepNewest } from './bound.js'
import { type Compression, compressionShape, isCompression, resolveCompression } from './compression.js'
import { limitDefaults } from './limits.js'
import { nodesChannel, revokedChannel } from './own-channels.js'
import { compilePattern, type Match } from './pattern.js'
import { compilePointer } from './pointer.js'
import {
  countPrefix,
  isPresence,
  movedPrefix,
  presenceShape,
  resolvePresence,
  rosterPrefix,
} from './presence/options.js'
import type { Decision, Receive, ResolvedRule, Rule, Rules } from './rule.js'
import { unknownName } from './shape.js'
import { listOf } from './statistics.js'
import type { Retention } from './store.js'
import { guarded } from './user-function.js'

/** Defaults of the hub, for channels without a rule. */
export interface RuleDefaults {
  /** `on-use`: a publish creates the channel, and the store may evict it; `explicit`: only PUT does, and it stays. */
  readonly create: 'on-use' | 'explicit'
  /** `manage` of rules without it. @default false */
  readonly manage?: 'as-publish' | false | undefined
  /** `compress` of rules without it. @default nothing is compressed */
  readonly compress?: Compression | undefined
  /** The hub tells of itself in `$stats`, `$connections` and `$channels`. @default false */
  readonly statistics?: boolean | undefined
  /** Takes what is published to rosters. @default nobody may */
  readonly enter?: Receive | undefined
  /** How long a function of a rule may take. @default limitDefaults.functionMs */
  readonly functionMs?: number | undefined
}

export interface RuleTable {
  /** Some channel may be compressed. */
  readonly compresses: boolean
  /** The largest `messageBytes` of a rule; 0 without any. */
  readonly largestMessage: number
  /** What holds for a channel: the first pattern that fits, in declared order, else the defaults. */
  of(channel: ChannelName): ResolvedRule
  /** Adds rules before all others. @throws AnywireError as `compileRules`. */
  precede(rules: Rules): void
  /**
   * Compiles rules that stand in place of those given first. What it answers lets them count, and throws nothing.
   * @throws AnywireError as `compileRules`
   */
  replacement(rules: Rules, functionMs: number): () => void
}

export const retentionDefaults: Retention = { messages: 10_000, bytes: 16 * 1_048_576, ageMs: null }
export const maxKeysDefault = 10_000

/** How many revocations are kept at a time. Of more keys than a log keeps, the oldest would be forgotten. */
export const mostRevocations = 100_000

/** Logs that the hub itself keeps: rosters, and `$nodes`. What they lose is written again. */
const keyedConfig: ResolvedRule['config'] = {
  contentType: 'application/json',
  retain: retentionDefaults,
  maxKeys: maxKeysDefault * 2,
  evictable: true,
}

/** Ten nodes may say something of each member of the largest roster. What is lost is said again. */
const movedConfig: ResolvedRule['config'] = { ...keyedConfig, maxKeys: maxKeysDefault * 10 }

/** Of revocations nothing may be lost, on stores without keys neither. */
const revokedConfig: ResolvedRule['config'] = {
  ...keyedConfig,
  retain: { messages: mostRevocations * 2, bytes: null, ageMs: null },
  maxKeys: mostRevocations * 2,
  evictable: false,
}

/** What the hub tells of itself is of use while it is new. Each node has few keys, and takes them back. */
const statisticsConfig: ResolvedRule['config'] = {
  ...keyedConfig,
  retain: { messages: 10_000, bytes: 4_194_304, ageMs: 60_000 },
}

/** Of a log that nodes keep for each other; undefined: it is none. */
function ownConfigOf(channel: ChannelName): ResolvedRule['config'] | undefined {
  if (channel === revokedChannel) return revokedConfig
  if (channel === nodesChannel) return keyedConfig
  return channel.startsWith(movedPrefix) ? movedConfig : undefined
}

/** Channels whose rule is remembered. Others are matched again. */
const remembered = 10_000

type Prepared = Omit<ResolvedRule, 'channel' | 'params'>

interface Compiled {
  readonly match: Match
  readonly rule: Prepared
}

/** @throws AnywireError `bad-request` with a sentence that names the pattern and the field that is wrong. */
export function compileRules(rules: Rules, defaults: RuleDefaults): RuleTable {
  const compile = (given: Rules, functionMs = defaults.functionMs): Compiled[] =>
    Object.entries(given).map(([pattern, rule]) => ({
      match: compilePattern(pattern),
      rule: prepare(pattern, rule, { ...defaults, functionMs }),
    }))
  let preceding: readonly Compiled[] = []
  let own: readonly Compiled[] = compile(rules)
  let compiled = own
  const fallback = prepare(undefined, {}, defaults)
  const denied: Prepared = { ...fallback, subscribe: false, publish: false, manage: false }
  const ownLog: Prepared = { ...denied, config: keyedConfig, fixedType: true, compress: undefined }
  const cache = new Map<ChannelName, ResolvedRule>()

  function resolve(channel: ChannelName): ResolvedRule {
    const config = ownConfigOf(channel)
    const rights = channel === revokedChannel ? revoking(said(channel), defaults) : {}
    if (config) return { ...ownLog, ...rights, config, channel, params: {} }
    const statistics = defaults.statistics ? listOf(channel) : undefined
    if (statistics) {
      return { ...ownLog, ...watching(said(channel)), config: statisticsConfig, statistics, channel, params: {} }
    }
    const countsOnly = channel.startsWith(countPrefix)
    const prefix = countsOnly ? countPrefix : rosterPrefix
    const rosterOf = channel.startsWith(prefix) ? table.of(channel.slice(prefix.length)) : undefined
    if (rosterOf?.presence && countsOnly) return { ...ownLog, rosterOf, countsOnly, channel, params: rosterOf.params }
    if (rosterOf?.presence) return { ...ownLog, receive: defaults.enter, rosterOf, channel, params: rosterOf.params }
    for (const { match, rule } of compiled) {
      const params = match(channel)
      if (params) return { ...rule, channel, params }
    }
    return { ...(isReserved(channel) ? denied : fallback), channel, params: {} }
  }

  /** What a rule of the program says of it. */
  function said(channel: ChannelName): Prepared | undefined {
    return compiled.find(({ match }) => match(channel))?.rule
  }

  let sum = sumOf(compiled, fallback)
  function settle(): void {
    compiled = [...preceding, ...own]
    sum = sumOf(compiled, fallback)
    cache.clear()
  }

  const table: RuleTable = {
    get compresses() {
      return sum.compresses
    },
    get largestMessage() {
      return sum.largestMessage
    },
    precede(more) {
      preceding = [...compile(more), ...preceding]
      settle()
    },
    replacement(others, functionMs) {
      const replaced = compile(others, functionMs)
      return () => {
        own = replaced
        settle()
      }
    },
    of(channel) {
      const known = cache.get(channel)
      if (known) return known
      const rule = resolve(channel)
      cache.set(channel, rule)
      keepNewest(cache, remembered)
      return rule
    },
  }
  return table
}

/** What holds for all rules together: asked for each request. */
function sumOf(compiled: readonly Compiled[], fallback: Prepared): Pick<RuleTable, 'compresses' | 'largestMessage'> {
  const all = [fallback, ...compiled.map(({ rule }) => rule)]
  return {
    compresses: all.some(({ compress }) => compress !== undefined),
    largestMessage: Math.max(0, ...all.map(({ messageBytes }) => messageBytes ?? 0)),
  }
}

/** Whoever has a grant: which one, is asked beside the rule. */
const granted: Decision = ({ principal }) => principal.grants !== undefined

/** Who may revoke, and read what was revoked. Without a rule whoever has a grant of `manage` revokes. */
function revoking(
  said: Prepared | undefined,
  { manage }: RuleDefaults,
): Pick<Prepared, 'subscribe' | 'manage' | 'grants'> {
  if (said) return { subscribe: said.subscribe, manage: said.manage, grants: said.grants }
  return { subscribe: false, manage: manage === 'as-publish' || granted, grants: true }
}

/** Who may read what the hub tells of itself. Without a rule it is whoever has a grant of `manage`. */
function watching(said: Prepared | undefined): Pick<Prepared, 'subscribe' | 'grants'> {
  return said ? { subscribe: said.subscribe, grants: said.grants } : { subscribe: granted, grants: true }
}

function prepare(pattern: string | undefined, rule: Rule, defaults: RuleDefaults): Prepared {
  checkRule(pattern ?? '', rule)
  const functions = guardedFunctions(pattern ?? '', rule, defaults)
  return {
    pattern,
    config: {
      contentType: rule.contentType ?? 'application/json',
      retain: { ...retentionDefaults, ...defined(rule.retain) },
      maxKeys: rule.keys ? (rule.maxKeys ?? maxKeysDefault) : undefined,
      evictable: defaults.create === 'on-use',
    },
    fixedType: [rule.contentType, rule.schema, rule.key, rule.receive].some((field) => field !== undefined),
    cache: rule.cache ?? 'private',
    grants: rule.grants ?? true,
    compress: resolveCompression(rule.compress, defaults.compress),
    messageBytes: rule.messageBytes,
    keyOf: rule.key === undefined ? undefined : compilePointer(rule.key),
    presence: resolvePresence(rule.presence),
    ...functions,
  }
}

/** The functions of a rule, guarded: each may throw, reject, or never answer. They are called through these only. */
function guardedFunctions(
  pattern: string,
  { schema, subscribe, publish, manage, receive, presence }: Rule,
  { manage: managers = false, functionMs: ms = limitDefaults.functionMs }: RuleDefaults,
): Pick<Prepared, 'validate' | 'subscribe' | 'publish' | 'manage' | 'receive' | 'see' | 'counts'> {
  const managed = manage ?? managers
  const told = typeof presence === 'object' ? presence : {}
  const name = (field: string) => `The "${field}" of the rule ${JSON.stringify(pattern)}`
  const decision = (field: string, given: Decision = true): Decision =>
    typeof given === 'boolean' ? given : guarded(name(field), given, ms)
  return {
    validate: schema && guarded(name('schema'), (value: unknown) => schema['~standard'].validate(value), ms),
    subscribe: decision('subscribe', subscribe),
    publish: decision('publish', publish),
    manage: managed === 'as-publish' ? managed : decision('manage', managed),
    receive: receive && guarded(name('receive'), receive, ms),
    see: told.see === undefined ? undefined : decision('presence.see', told.see),
    counts: told.counts === undefined ? undefined : decision('presence.counts', told.counts),
  }
}

function defined(retain: Partial<Retention> = {}): Partial<Retention> {
  return Object.fromEntries(Object.entries(retain).filter(([, value]) => value !== undefined))
}

/** What each field must be. Undefined is always allowed. */
const fields: Readonly<Record<keyof Rule, readonly [string, (value: unknown) => boolean]>> = {
  retain: [
    '{ messages, bytes, ageMs }, each a number from 1 or null (a log that keeps nothing delivers nothing)',
    isRetention,
  ],
  contentType: ['a media type such as "text/plain"', isMediaType],
  schema: ['a Standard Schema (an object with "~standard")', isSchema],
  key: ['a JSON Pointer such as "/symbol"', (value) => typeof value === 'string'],
  keys: ['true or false', (value) => typeof value === 'boolean'],
  maxKeys: ['a whole number from 1', isCount],
  messageBytes: ['a whole number from 1', isCount],
  cache: ['"public" or "private"', (value) => value === 'public' || value === 'private'],
  compress: [compressionShape, isCompression],
  presence: [presenceShape, isPresence],
  subscribe: ['true, false or a function', isDecision],
  publish: ['true, false or a function', isDecision],
  manage: ['true, false, "as-publish" or a function', (value) => value === 'as-publish' || isDecision(value)],
  grants: ['true or false', (value) => typeof value === 'boolean'],
  receive: ['a function', (value) => typeof value === 'function'],
}

function checkRule(pattern: string, rule: Rule): void {
  if (typeof rule !== 'object' || rule === null) throw wrong(pattern, 'is not an object')
  for (const [name, value] of Object.entries(rule)) {
    if (!Object.hasOwn(fields, name)) {
      throw unknownName(`the rule ${JSON.stringify(pattern)}`, name, Object.keys(fields), 'field')
    }
    const [expected, fits] = fields[name as keyof Rule]
    if (value !== undefined && !fits(value)) throw wrong(pattern, `must have as "${name}" ${expected}`)
  }
  const json = kindOf(rule.contentType ?? 'application/json') === 'json'
  if (!json && rule.schema) throw wrong(pattern, `has a schema, which takes JSON, but holds ${rule.contentType}`)
  if (!json && rule.key !== undefined) throw wrong(pattern, `has a key in JSON, but holds ${rule.contentType}`)
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) > 0
}

function isRetention(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).every(([name, limit]) => {
    if (!Object.hasOwn(retentionDefaults, name)) return false
    return limit === undefined || limit === null || (Number.isFinite(limit) && limit >= 1)
  })
}

function isMediaType(value: unknown): boolean {
  return typeof value === 'string' && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[\x20-\x7e]*)?$/.test(value)
}

function isSchema(value: unknown): boolean {
  const standard = (value as Partial<NonNullable<Rule['schema']>> | null)?.['~standard']
  return typeof standard?.validate === 'function'
}

function isDecision(value: unknown): boolean {
  return typeof value === 'boolean' || typeof value === 'function'
}

function wrong(pattern: string, what: string): AnywireError {
  return new AnywireError('bad-request', `The rule ${JSON.stringify(pattern)} ${what}.`)
}
