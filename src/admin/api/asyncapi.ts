/** The AsyncAPI 3.0 document of a hub's channels, made from its rules and their schemas. Pure. */
import type { StandardJSONSchemaV1 } from '@standard-schema/spec'
import type { Rule, Rules } from '../../core/rule.js'

export interface AsyncApiFacts {
  readonly version: string
  /** The mount path of the hub. */
  readonly path: string
  readonly rules: Rules
}

/** Operations are told from the side of the server: it sends what is read, and receives what is published. */
export function asyncApi({ version, path, rules }: AsyncApiFacts): object {
  const channels: Record<string, object> = {}
  const operations: Record<string, object> = {}
  for (const [at, [pattern, rule]] of Object.entries(rules).entries()) {
    const id = idOf(pattern, at)
    const channel = { $ref: `#/channels/${id}` }
    const messages = [{ $ref: `#/channels/${id}/messages/message` }]
    channels[id] = channelOf(pattern, rule, path)
    if (rule.subscribe !== false) operations[`read_${id}`] = { action: 'send', channel, messages }
    if (rule.publish !== false) operations[`publish_${id}`] = { action: 'receive', channel, messages }
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Anywire, channels',
      version,
      description: 'Channels by the patterns of rules. PROTOCOL.md says in which forms each is read and published to.',
    },
    defaultContentType: 'application/json',
    channels,
    operations,
  }
}

/** Patterns may differ in characters that no id may have. */
function idOf(pattern: string, at: number): string {
  return `${at}_${pattern.replace(/[^A-Za-z0-9]+/g, '_')}`
}

function channelOf(pattern: string, rule: Rule, path: string): object {
  const segments = pattern.split('/')
  const names = segments.flatMap((segment) => (segment.startsWith(':') ? [segment.slice(1)] : []))
  const address = segments.map((segment) => (segment.startsWith(':') ? `{${segment.slice(1)}}` : segment)).join('/')
  const rest = segments.at(-1) === '*'
  const parameters = Object.fromEntries([
    ...names.map((name) => [name, { description: 'One segment of the name' }]),
    ...(rest ? [['rest', { description: 'The rest of the name: one segment or more' }]] : []),
  ])
  const { contentType = 'application/json', keys = false } = rule
  return {
    address: `${path}/${rest ? `${address.slice(0, -1)}{rest}` : address}`,
    title: pattern,
    ...(keys && { description: 'The newest message of each key is kept: "offset=snapshot" reads these first.' }),
    ...((names.length > 0 || rest) && { parameters }),
    messages: { message: { contentType, ...payloadOf(rule) } },
  }
}

/** Schemas that can say themselves as JSON Schema (Standard JSON Schema) are told; others are left out. */
function payloadOf({ schema }: Rule): { readonly payload?: object } {
  const standard = schema?.['~standard'] as Partial<StandardJSONSchemaV1['~standard']> | undefined
  try {
    const payload = standard?.jsonSchema?.input({ target: 'draft-07' })
    return payload ? { payload } : {}
  } catch {
    return {}
  }
}
