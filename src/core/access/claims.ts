/** Reads grants from the claims of a token, in any of the forms that are in use. Pure, and bounded. docs/access.md. */
import type { AnywireError } from '../../protocol/error.js'
import { type Action, actions, type Grant, GrantList, type Grants } from './grants.js'
import { refuseToken } from './refusals.js'
import { exactTopic, prefixTopic, type TopicValues, templateTopic, topicOf, valuesOf } from './topics.js'

/** The claims that grants are read from; others are ignored. */
export interface Claims {
  /** Who it is: `{sub}` in patterns. */
  readonly sub?: unknown
  /** One segment, which every granted channel is under: `{tenant}` in patterns. */
  readonly tenant?: unknown
  /** RFC 9396: `[{ type, actions, topics: [{ match, match_type? }], key?, payload? }]`. */
  readonly authorization_details?: unknown
  /** The short form: `{ 'chat/*': ['subscribe', 'publish'] }`. */
  readonly channels?: unknown
  /** Centrifugo: `[{ channels, match?, allow }]`. */
  readonly caps?: unknown
  /** Centrifugo's subscription token: one channel, and `allow`. */
  readonly channel?: unknown
  readonly allow?: unknown
  /** Mercure before 1.0: `{ subscribe?, publish? }`. */
  readonly mercure?: unknown
}

/** Bounds of what one token says. */
export const claimLimits = {
  /** Grants of one token, and of each list in it. */
  grants: 100,
  /** Patterns and names in all. */
  topics: 500,
  /** Largest `payload`, as JSON. */
  payloadBytes: 1_024,
  /** Levels of arrays and objects in a `payload`. */
  payloadDepth: 10,
  /** Longest `key`, in UTF-16 code units. */
  keyLength: 512,
} as const

const ownType = 'https://anywire.dev/channels'
const mercureType = 'https://mercure.rocks/authorization-detail'

/** `history` is what `subscribe` includes here. By itself it grants nothing. */
const known: ReadonlyMap<unknown, readonly Action[]> = new Map<unknown, readonly Action[]>([
  ...actions.map((action) => [action, [action]] as const),
  ['history', []],
  ['*', actions],
])

/** Centrifugo's words. */
const capabilities: ReadonlyMap<unknown, readonly Action[]> = new Map<unknown, readonly Action[]>([
  ['sub', ['subscribe']],
  ['pub', ['publish']],
  ['prs', ['presence']],
  ['hst', []],
])

/**
 * What the claims allow; nothing, if none of them grants anything. One claim of ours that is malformed or over a bound
 * refuses them all, so that a mistake never grants half.
 * @throws AnywireError `unauthorized` with a sentence that names the claim
 */
export function grantsOf(claims: Claims): Grants {
  const values = valuesOf(claims)
  const grants = [
    ...detailed(claims.authorization_details, values),
    ...short(claims.channels, values),
    ...single(claims, values),
    ...mercure(claims.mercure, values),
  ]
  const ordered = capped(claims.caps, values)
  const all = [...grants, ...ordered]
  bounded('Its grants', all, claimLimits.grants)
  const topics = all.reduce((sum, grant) => sum + grant.topics.length, 0)
  if (topics > claimLimits.topics) throw tooMany('Its grants name', topics, 'channels', claimLimits.topics)
  return new GrantList({ grants, ordered })
}

function detailed(claim: unknown, values: TopicValues): Grant[] {
  if (claim === undefined) return []
  return listOf('"authorization_details"', claim).flatMap((detail, index) => {
    const what = `"authorization_details"[${index}]`
    const { type } = objectOf(what, detail)
    // Details of another type are for another service.
    return type === ownType || type === mercureType ? [detailOf(what, objectOf(what, detail), values)] : []
  })
}

function detailOf(what: string, detail: Readonly<Record<string, unknown>>, values: TopicValues): Grant {
  const { type, key, payload } = detail
  const given = listOf(`${what}.topics`, detail.topics)
  if (given.length === 0) throw malformed(`${what}.topics`, 'names no channel')
  const byDefault = type === ownType ? 'pattern' : 'exact'
  const topics = given.flatMap((one, index) => {
    const where = `${what}.topics[${index}]`
    const { match, match_type: kind = byDefault } = objectOf(where, one)
    const name = stringOf(`${where}.match`, match)
    if (name === '*') return topicOf(where, name, values)
    if (kind === 'exact') return exactTopic(where, name, values)
    if (kind === 'pattern' && type === ownType) return topicOf(where, name, values)
    if (kind === 'urlpattern') return topicOf(where, name.replace(/^\//, ''), values)
    throw malformed(`${where}.match_type`, 'must be "pattern" or "exact"')
  })
  checkPayload(`${what}.payload`, payload)
  const granted = actionsOf(`${what}.actions`, detail.actions, known)
  return { actions: granted, topics, key: keyOf(`${what}.key`, key), payload }
}

/** An array is what Centrifugo subscribes its client to, which grants nothing. */
function short(claim: unknown, values: TopicValues): Grant[] {
  if (claim === undefined || Array.isArray(claim)) return []
  return bounded('"channels"', Object.entries(objectOf('"channels"', claim)), claimLimits.topics).map(
    ([pattern, granted]) => {
      const what = `"channels"[${JSON.stringify(pattern.slice(0, 80))}]`
      return { actions: actionsOf(what, granted, known), topics: topicOf(what, pattern, values) }
    },
  )
}

function capped(claim: unknown, values: TopicValues): Grant[] {
  if (claim === undefined) return []
  return listOf('"caps"', claim).map((one, index) => {
    const what = `"caps"[${index}]`
    const { channels, match = '', allow } = objectOf(what, one)
    if (match !== '' && match !== 'wildcard') {
      throw malformed(`${what}.match`, 'must be "wildcard" or absent: regular expressions are not read')
    }
    const topics = listOf(`${what}.channels`, channels).flatMap((given) => {
      const name = stringOf(`${what}.channels`, given)
      if (match === '' || !name.includes('*')) return exactTopic(what, name, values)
      if (name.indexOf('*') === name.length - 1) return prefixTopic(what, name.slice(0, -1), values)
      throw malformed(`${what}.channels`, 'may hold "*" only at the end of a name, as in "news:*"')
    })
    return { actions: actionsOf(`${what}.allow`, allow, capabilities), topics }
  })
}

function single({ channel, allow = [] }: Claims, values: TopicValues): Grant[] {
  if (channel === undefined || channel === '') return []
  const topics = exactTopic('"channel"', stringOf('"channel"', channel), values)
  const more = actionsOf('"allow"', allow, capabilities)
  return [{ actions: new Set<Action>(['subscribe', ...more]), topics }]
}

/** A selector is a name, `*`, or a URI template, whose variables stand for one segment each. */
function mercure(claim: unknown, values: TopicValues): Grant[] {
  if (claim === undefined) return []
  const given = objectOf('"mercure"', claim)
  return (['subscribe', 'publish'] as const).flatMap((action) => {
    const what = `"mercure".${action}`
    if (given[action] === undefined) return []
    const topics = listOf(what, given[action]).flatMap((one) => {
      const selector = stringOf(what, one)
      if (selector === '*') return topicOf(what, selector, values)
      return templateTopic(what, selector, values)
    })
    return [{ actions: new Set([action]), topics }]
  })
}

function actionsOf(what: string, given: unknown, words: ReadonlyMap<unknown, readonly Action[]>): ReadonlySet<Action> {
  return new Set(
    listOf(what, given).flatMap((word) => {
      const granted = words.get(word)
      if (granted) return granted
      throw malformed(what, `holds an unknown action: use ${[...words.keys()].join(', ')}`)
    }),
  )
}

function keyOf(what: string, key: unknown): string | undefined {
  if (key === undefined) return undefined
  const text = stringOf(what, key)
  if (text === '' || text.length > claimLimits.keyLength) {
    throw malformed(what, `must have 1 to ${claimLimits.keyLength} characters`)
  }
  return text
}

function checkPayload(what: string, payload: unknown): void {
  if (payload === undefined) return
  if (!isShallow(payload, claimLimits.payloadDepth)) {
    throw malformed(what, `is nested more than ${claimLimits.payloadDepth} levels deep`)
  }
  if (Buffer.byteLength(JSON.stringify(payload) ?? '') > claimLimits.payloadBytes) {
    throw malformed(what, `has more than ${claimLimits.payloadBytes} bytes`)
  }
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((one) => isShallow(one, levels - 1))
}

function listOf(what: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(what, 'must be an array')
  return bounded(what, value, claimLimits.topics)
}

function bounded<T>(what: string, list: readonly T[], most: number): readonly T[] {
  if (list.length > most) throw tooMany(`${what} hold`, list.length, 'entries', most)
  return list
}

function objectOf(what: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(what, 'must be an object')
  return value as Readonly<Record<string, unknown>>
}

function stringOf(what: string, value: unknown): string {
  if (typeof value !== 'string') throw malformed(what, 'must be a string')
  return value
}

function tooMany(what: string, count: number, noun: string, most: number): AnywireError {
  return refuseToken(`The token is not accepted. ${what} ${count} ${noun}; the limit is ${most}.`)
}

function malformed(what: string, sentence: string): AnywireError {
  return refuseToken(`The token is not accepted: its ${what} ${sentence}.`)
}
