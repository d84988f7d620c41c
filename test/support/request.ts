/** One HTTP request over `node:http`, with any header and body, and its whole answer. */
import { once } from 'node:events'
import { type IncomingHttpHeaders, request as open } from 'node:http'

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string | Uint8Array
  readonly signal?: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  readonly text: string
  /** The body as JSON. */
  json<T = unknown>(): T
  /** The code of the error that the body tells. */
  readonly code: string | undefined
}

export async function ask(url: string, { method = 'GET', headers = {}, body, signal }: Asked = {}): Promise<Answer> {
  const request = open(url, { method, headers, agent: false, ...(signal && { signal }) })
  request.end(body)
  const [response] = await once(request, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  const text = bytes.toString()
  return {
    status: response.statusCode,
    headers: response.headers,
    bytes,
    text,
    json: () => JSON.parse(text),
    get code() {
      return text.startsWith('{"error"') ? JSON.parse(text).error.code : undefined
    },
  }
}

/** POSTs a JSON value. */
export function post(url: string, value: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return ask(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(value),
  })
}

/** POSTs text as it is. */
export function postText(url: string, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) {
  return ask(url, { method: 'POST', headers: { 'Content-Type': 'text/plain', ...headers }, body })
}
