/** The channels that a claim names, as topics of a grant: `{sub}` and `{tenant}` filled in, below the tenant. Pure. */
import { AnywireError } from '../../protocol/error.js'
import { checkName } from '../../protocol/name.js'
import { type Pattern, readPattern, type Segment } from '../pattern.js'
import type { Topic } from './grants.js'
import { refuseToken } from './refusals.js'

/** What placeholders stand for. */
export interface TopicValues {
  readonly sub: string | undefined
  readonly tenant: string | undefined
}

/** @throws AnywireError `unauthorized` for a tenant that is not one segment of a name. */
export function valuesOf(claims: { readonly sub?: unknown; readonly tenant?: unknown }): TopicValues {
  const { sub, tenant } = claims
  if (tenant !== undefined && !isSegment(tenant)) {
    throw refuseToken(
      'The token is not accepted: its "tenant" must be one segment of a channel\'s name, without "/" or "$".',
    )
  }
  return { sub: typeof sub === 'string' ? sub : undefined, tenant }
}

/**
 * A pattern of rules. None, if it has a placeholder without a value or with one that is no segment of a name: then
 * there is no channel that could be meant.
 * @throws AnywireError `unauthorized` for a pattern that cannot be
 */
export function topicOf(what: string, text: string, values: TopicValues): Topic[] {
  const pattern = sentences(what, () => readPattern(text))
  const filled = pattern.segments.map((segment) => (segment.any ? segment : fill(what, segment, values)))
  if (!filled.every((segment) => segment !== undefined)) return []
  return below({ ...pattern, segments: filled }, values, namesTenant(text))
}

/** One channel, whatever characters its name holds. @throws AnywireError as `topicOf`. */
export function exactTopic(what: string, name: string, values: TopicValues): Topic[] {
  sentences(what, () => checkName(name))
  const segments = name.split('/').map(literal)
  return below({ segments, rest: false, reserved: name.startsWith('$') }, values, false)
}

/** A URI template of names: a variable stands for one whole segment, all else for itself. @throws as `topicOf`. */
export function templateTopic(what: string, template: string, values: TopicValues): Topic[] {
  sentences(what, () => checkName(template))
  const segments = template.split('/').map((text) => (/^\{\w+\}$/.test(text) ? { text, any: true } : literal(text)))
  return below({ segments, rest: false, reserved: template.startsWith('$') }, values, false)
}

/** All channels whose names begin so. */
export function prefixTopic(what: string, prefix: string, values: TopicValues): Topic[] {
  if (prefix !== '') sentences(what, () => checkName(`${prefix}x`))
  if (values.tenant === undefined) return [{ prefix }]
  return prefix.startsWith('$') ? [] : [{ prefix: `${values.tenant}/${prefix}` }]
}

/** The pattern is below the tenant by itself: `{tenant}/…`, or `$…/{tenant}/…`. */
function namesTenant(text: string): boolean {
  const [first, second] = text.split('/')
  return (first?.startsWith('$') ? second : first) === '{tenant}'
}

/** A tenant's token reaches nothing outside: what is not below the tenant by itself is put there. */
function below(pattern: Pattern, { tenant }: TopicValues, isBelow: boolean): Topic[] {
  if (tenant === undefined || isBelow) return [{ pattern }]
  if (pattern.reserved) return []
  return [{ pattern: { ...pattern, segments: [literal(tenant), ...pattern.segments] } }]
}

/** A value is literal: what it holds of ":", "*", "{" or "$" means nothing. */
function fill(what: string, { text }: Segment, values: TopicValues): Segment | undefined {
  const [before = '', name, after = '', ...more] = text.split(/\{([^{}]*)\}/)
  if (name === undefined) return literal(text)
  if ((name !== 'sub' && name !== 'tenant') || more.length > 0) {
    throw refuseToken(`The token is not accepted: of its ${what} a segment may hold one "{sub}" or one "{tenant}".`)
  }
  const value = values[name]
  if (value === undefined || value.includes('/') || !isSegment(`${before}${value}${after}`)) return undefined
  return literal(`${before}${value}${after}`)
}

const literal = (text: string): Segment => ({ text, any: false })

/** Names that begin with "$" are reached by patterns that begin so, not by values. */
function isSegment(value: unknown): value is string {
  if (typeof value !== 'string' || value.includes('/') || value.startsWith('$')) return false
  try {
    checkName(value)
    return true
  } catch {
    return false
  }
}

function sentences<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (thrown) {
    throw refuseToken(`The token is not accepted: its ${what} cannot be read. ${AnywireError.from(thrown).message}`)
  }
}
