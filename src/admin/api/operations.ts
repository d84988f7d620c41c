/** What the admin API can do: each operation with what it takes and answers. The document and the checks come from here. */
import type { JsonSchema } from './schema.js'
import { exactly, listOf, ref } from './shapes.js'

export interface Operation {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly summary: string
  /** Of a GET, by name. */
  readonly query?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  /** Of a POST. */
  readonly body?: JsonSchema
  readonly answer: JsonSchema
}

const text: JsonSchema = { type: 'string', minLength: 1 }

const name: JsonSchema = { type: 'string', minLength: 1 }
const search = { search: { type: 'string', description: 'What the entries must hold' } } as const

const oneConnection = {
  ...text,
  description: 'One alone: "node/connection" of its entry. Nothing is ended where it is gone',
} as const

/** Messages of one page of a history. */
export const mostMessages = 1_000
/** Messages of one batch. */
export const mostBatch = 1_000

const said = {
  data: { description: 'JSON, or a text in a channel of texts. Leave it and "base64" out for a tombstone' },
  base64: { type: 'string', description: 'Bytes, for other channels: RFC 4648 §4, with padding' },
  event: text,
  key: text,
} as const

export const operations = {
  stats: {
    method: 'GET',
    path: '/api/stats',
    summary: 'What each node does now, and "$all"',
    answer: exactly({ entries: listOf('Node') }),
  },
  connections: {
    method: 'GET',
    path: '/api/connections',
    summary: 'The connections that lag most and get most, or those that are searched for: 100 of each node at most',
    query: search,
    answer: exactly({ entries: listOf('Connection') }),
  },
  channels: {
    method: 'GET',
    path: '/api/channels',
    summary:
      'The channels with most readers and most messages, or those that are searched for: 100 of each node at most',
    query: search,
    answer: exactly({ entries: listOf('ChannelEntry') }),
  },
  history: {
    method: 'GET',
    path: '/api/history',
    summary: 'A page of what a channel holds',
    query: {
      channel: name,
      from: { type: 'string', default: 'start', description: '"start", "snapshot", "last-N" or an offset' },
      limit: { type: 'integer', minimum: 1, maximum: mostMessages, default: 100 },
    },
    required: ['channel'],
    answer: exactly({ messages: listOf('Message'), next: ref('Offset'), upToDate: { type: 'boolean' } }),
  },
  publish: {
    method: 'POST',
    path: '/api/publish',
    summary: 'Publish one message, past the rules, as the program of the server does',
    body: { ...exactly({ channel: name }, said) },
    answer: ref('Published'),
  },
  batch: {
    method: 'POST',
    path: '/api/batch',
    summary: 'Publish all of some messages, or none',
    body: exactly({
      channel: name,
      messages: { type: 'array', minItems: 1, maxItems: mostBatch, items: exactly({}, said) },
    }),
    answer: ref('Published'),
  },
  disconnect: {
    method: 'POST',
    path: '/api/disconnect',
    summary:
      "End connections of a principal, of a channel, everybody's, or one, on all nodes; their credentials stay good",
    body: exactly({}, { principal: text, channel: text, connection: oneConnection, everybody: { type: 'boolean' } }),
    answer: exactly({
      connections: { type: 'integer', minimum: 0, description: 'On this node; those that others end are not counted' },
    }),
  },
  revoke: {
    method: 'POST',
    path: '/api/revoke',
    summary: 'Refuse credentials from now on: name one of token, principal, session, tenant and channel',
    body: exactly(
      {},
      {
        ...{ token: text, principal: text, session: text, tenant: text, channel: text },
        issuedBefore: { type: 'number', description: 'Milliseconds since 1970' },
      },
    ),
    answer: ref('Revocation'),
  },
  drain: {
    method: 'POST',
    path: '/api/drain',
    summary: 'Let a node leave: it sends its clients elsewhere, and its process ends. Without a name this one',
    body: exactly({}, { node: text }),
    answer: exactly({ node: { type: 'string' } }),
  },
  trim: {
    method: 'POST',
    path: '/api/trim',
    summary: 'Take away all but the newest messages of a channel. Those of its keys stay',
    body: exactly({ channel: name, keep: { type: 'integer', minimum: 1 } }),
    answer: exactly({ trimmed: { type: 'boolean', description: 'There was such a channel' } }),
  },
  delete: {
    method: 'POST',
    path: '/api/delete',
    summary: 'Delete a channel with all its messages',
    body: exactly({ channel: name }),
    answer: exactly({ deleted: { type: 'boolean', description: 'There was such a channel' } }),
  },
} as const satisfies Record<string, Operation>

export type OperationName = keyof typeof operations
