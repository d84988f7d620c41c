/** The OpenAPI 3.1 document of the admin API, made from its operations. */
import { type Operation, operations } from './operations.js'
import type { JsonSchema } from './schema.js'
import { ref, shapes } from './shapes.js'
import { streamPath } from './stream.js'

export function openApi(version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const [name, operation] of Object.entries(operations) as [string, Operation][]) {
    paths[operation.path] = { ...paths[operation.path], [operation.method.toLowerCase()]: described(name, operation) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Anywire, internal port',
      version,
      description: 'What operators do. Beyond this machine it needs the token of the internal port.',
    },
    paths: { ...paths, [streamPath]: { get: streamed } },
    components: {
      schemas: shapes,
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
    security: [{ token: [] }, {}],
  }
}

function described(name: string, { summary, query, required = [], body, answer }: Operation): object {
  const parameters = Object.entries(query ?? {}).map(([field, schema]) => ({
    ...{ name: field, in: 'query', required: required.includes(field), schema },
  }))
  return {
    operationId: name,
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: json(body) } }),
    responses: {
      200: { description: 'Done', content: json(answer) },
      default: { description: 'Refused, with a code of docs/errors.md', content: json(ref('Error')) },
    },
  }
}

/** Its events are not for JSON Schema to check. */
const streamed = {
  operationId: 'stream',
  summary: 'Follow lists of statistics as an event stream',
  parameters: [
    {
      ...{ name: 'channel', in: 'query', required: true, style: 'form', explode: true },
      schema: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 4 },
    },
  ],
  responses: {
    200: {
      description:
        'Each event is JSON: {"channel","key","entry"}. Without an entry the key is gone, without a key all is told anew',
      content: { 'text/event-stream': { schema: { type: 'string' } } },
    },
    default: { description: 'Refused, with a code of docs/errors.md', content: json(ref('Error')) },
  },
}

function json(schema: JsonSchema): object {
  return { 'application/json': { schema } }
}
