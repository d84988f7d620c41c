/** What the admin API answers, as JSON Schema: the entries of statistics among it. */
import type { JsonSchema } from './schema.js'

const text: JsonSchema = { type: 'string' }
const count: JsonSchema = { type: 'integer', minimum: 0 }
const number: JsonSchema = { type: 'number', minimum: 0 }
const flag: JsonSchema = { type: 'boolean' }

/** All of these fields, and no others but the optional ones. */
export function exactly(
  required: Readonly<Record<string, JsonSchema>>,
  optional: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema {
  const properties = { ...required, ...optional }
  return { type: 'object', properties, required: Object.keys(required), additionalProperties: false }
}

export const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` })
export const listOf = (name: string): JsonSchema => ({ type: 'array', items: ref(name) })

const channel: JsonSchema = { ...text, minLength: 1, description: 'Name of a channel' }
const offset: JsonSchema = { ...text, description: 'A position in the log of a channel' }

const nodeCounts = ['nodes', 'connections', 'subscriptions', 'channels', 'windowBytes', 'memoryBytes', 'uptimeMs', 'at']
const nodeTotals = ['gaps', 'resumes', 'refusals', 'storeFailures']
const nodeRates = ['publishesPerSecond', 'messagesPerSecond', 'bytesPerSecond', 'loopDelayMs', 'drained']
const all = (names: readonly string[], schema: JsonSchema) => Object.fromEntries(names.map((name) => [name, schema]))

/** Under `components.schemas` of the document. */
export const shapes: Readonly<Record<string, JsonSchema>> = {
  Channel: channel,
  Offset: offset,
  Lag: exactly({ messages: count, ms: number }),
  Delay: exactly({ samples: count, p50: number, p99: number }),
  Transport: exactly(
    { connections: count, messagesPerSecond: number, bytesPerSecond: number },
    { delay: ref('Delay') },
  ),
  Node: exactly({
    node: { ...text, description: 'Its name, new with each start; "$all" for the sum' },
    state: { type: 'string', enum: ['ready', 'draining'] },
    version: text,
    storeUp: flag,
    ...all([...nodeCounts, ...nodeTotals], count),
    ...all(nodeRates, number),
    transports: { type: 'object', additionalProperties: ref('Transport') },
  }),
  Reading: exactly(
    { channel, position: offset, state: text, slow: text, lag: ref('Lag'), gaps: count },
    { rate: { ...number, description: 'Writes per second at most' } },
  ),
  Connection: exactly(
    {
      ...{ node: text, connection: count, principal: text, transport: text, since: count },
      ...{ sentBytes: count, receivedBytes: count, sentBytesPerSecond: number },
      ...{ lag: ref('Lag'), gaps: count, channels: count, readings: listOf('Reading') },
    },
    { address: { ...text, description: 'Absent for a reader within the program of the server' } },
  ),
  ChannelEntry: exactly(
    {
      ...{ node: text, channel, readers: count, behind: count },
      ...{ publishesPerSecond: number, messagesPerSecond: number, windowBytes: count, contentType: text },
      retain: exactly({ messages: {}, bytes: {}, ageMs: {} }),
    },
    { rule: text, head: offset, maxKeys: count },
  ),
  Message: exactly({ offset }, { event: text, key: text, data: {}, base64: text }),
  Published: exactly({ offset, duplicate: flag }),
  Revocation: exactly({ what: text, name: text, until: number }, { issuedBefore: number }),
  Error: exactly({ code: text, message: text }),
}
