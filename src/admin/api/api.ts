/** The admin API: finds the operation, checks what it is given, and answers JSON. */
import type { IncomingMessage } from 'node:http'
import { AnywireError } from '../../protocol/error.js'
import type { Hub } from '../../server/hub.js'
import { release } from '../../server/release.js'
import { acts, type Fields } from './acts.js'
import { asyncApi } from './asyncapi.js'
import { readBody } from './body.js'
import { openApi } from './openapi.js'
import { type Operation, type OperationName, operations } from './operations.js'
import { checkValue, type JsonSchema } from './schema.js'

/** Where the documents are. */
const documentPath = '/api/openapi.json'
const channelsPath = '/api/asyncapi.json'

/** Undefined: there is no such path. Rejects with why it was refused. */
export async function answerApi(hub: Hub, request: IncomingMessage, url: URL): Promise<object | undefined> {
  if (url.pathname === documentPath) {
    checkMethod(request, ['GET', 'HEAD'])
    return openApi(release())
  }
  if (url.pathname === channelsPath) {
    checkMethod(request, ['GET', 'HEAD'])
    return asyncApi({ version: release(), path: hub.path, rules: hub.rules() })
  }
  const found = (Object.entries(operations) as [OperationName, Operation][]).find(
    ([, { path }]) => path === url.pathname,
  )
  if (!found) return undefined
  const [name, operation] = found
  checkMethod(request, operation.method === 'GET' ? ['GET', 'HEAD'] : ['POST'])
  const fields = operation.body ? await bodyOf(request, operation.body) : queryOf(url, operation)
  const act: (hub: Hub, fields: never) => Promise<object> = acts[name]
  return act(hub, fields as never)
}

export function allowedAt(path: string): string {
  const found = Object.values(operations).find((operation) => operation.path === path)
  return found?.method === 'POST' ? 'POST' : 'GET, HEAD'
}

async function bodyOf(request: IncomingMessage, schema: JsonSchema): Promise<Fields> {
  const body = await readBody(request)
  checkValue(body, schema, 'body')
  return body as Fields
}

function queryOf({ searchParams }: URL, { query = {}, required = [] }: Operation): Fields {
  const fields = Object.fromEntries(
    [...searchParams].map(([name, text]) => [name, query[name]?.type === 'integer' ? Number(text) : text]),
  )
  checkValue(fields, { type: 'object', properties: query, required, additionalProperties: false }, 'query')
  return fields
}

function checkMethod({ method = '' }: IncomingMessage, allowed: readonly string[]): void {
  if (!allowed.includes(method)) throw new AnywireError('bad-method', `This is for ${allowed.join(', ')}.`)
}
